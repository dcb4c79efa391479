"""What is left of a critical workload while a release replaces its Pods."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, Workload
from chaos.conformance.critical import critical
from chaos.conformance.outcome import CheckOutcome, Findings

# What the API fills in.
_DEFAULT = {"Deployment": ("25%", "25%"), "StatefulSet": ("1", "0")}


def releases_leave_some(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A release never takes all Pods of a workload at once: no PodDisruptionBudget holds it back.

    What is replaced when its owner removes a Pod (OnDelete) goes as its owner likes.
    """
    findings = Findings()
    for workload in critical(facts, inventory, findings):
        if workload.strategy == "Recreate":
            why = "ends all its Pods before there are new ones (Recreate)"
            findings.wrong.append(f"a release of {workload} {why}")
        elif workload.strategy == "RollingUpdate":
            _rolling(workload, findings)
        elif workload.strategy == "OnDelete":
            findings.good.append(f"{workload} is replaced Pod by Pod, by hand (OnDelete)")
        else:
            why = f"its strategy is {workload.strategy}" if workload.strategy else "nobody says it"
            findings.gap(f"how a release replaces the Pods of {workload}", why)
    return findings.outcome()


def _rolling(workload: Workload, findings: Findings) -> None:
    unavailable, surge = _DEFAULT.get(workload.kind, ("25%", "25%"))
    unavailable = workload.max_unavailable or unavailable
    surge = workload.max_surge or surge
    away = _of(unavailable, workload.replicas)
    more = _of(surge, workload.replicas, up=True)
    if away is None or more is None:
        findings.gap(f"how many Pods of {workload} a release takes", f"{unavailable}, {surge}")
        return
    if not more:
        # Else nothing would ever be replaced.
        away = max(1, away)
    most = f"{min(away, workload.replicas)} of {workload.replicas}"
    told = f"a release of {workload} takes away {most} at once (maxUnavailable {unavailable})"
    (findings.wrong if away >= workload.replicas > 0 else findings.good).append(told)


def _of(text: str, replicas: int, *, up: bool = False) -> int | None:
    """A number, or a percentage of the replicas; None where it is neither.

    >>> _of("25%", 3), _of("25%", 3, up=True), _of("2", 3), _of("some", 3)
    (0, 1, 2, None)
    """
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit()):
        return None
    if number == text:
        return int(number)
    part = int(number) * replicas
    return -(-part // 100) if up else part // 100
