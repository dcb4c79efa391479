"""Which versions run, and whether they may run together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.asking import asked_by
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.programs import APISERVER, KUBELET, MANAGER, PROXY, SCHEDULER

# By the version skew policy, in minor versions behind the newest apiserver that they go to.
_BEHIND = {MANAGER: 1, SCHEDULER: 1, KUBELET: 3, PROXY: 3}
# Before this, kubelets and kube-proxies might be two behind.
_THREE = (1, 28)
Minor = tuple[int, int]


def within_skew(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Apiservers one minor version apart at most; nothing newer than they; nothing too old."""
    findings = Findings()
    known = _known(facts, findings)
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("the kubelets' versions", facts.nodes)
    servers = {node: minor for node, (minor, _) in known.get(APISERVER, {}).items()}
    if not servers:
        findings.gap(APISERVER, "no version of one is known")
        return findings.outcome()
    oldest, newest = min(servers.values()), max(servers.values())
    if newest[1] - oldest[1] > 1:
        on = listed(f"{node} {_text(minor)}" for node, minor in sorted(servers.items()))
        findings.wrong.append(f"apiservers are more than one minor version apart: {on}")
    else:
        findings.good.append(f"apiservers: {listed(sorted({_text(m) for m in servers.values()}))}")
    for name, most in _BEHIND.items():
        allowed = most if oldest >= _THREE else min(most, 2)
        _held_against(name, allowed, servers, known, facts, findings)
    return findings.outcome()


def _held_against(
    name: str,
    most: int,
    servers: dict[str, Minor],
    known: dict[str, dict[str, tuple[Minor, str]]],
    facts: Facts,
    findings: Findings,
) -> None:
    good = set()
    for node, (minor, text) in sorted(known.get(name, {}).items()):
        who, several = f"{name} on {node}", tuple(servers.values())
        asks = asked_by(name, node, facts, servers)
        wrong = _wrong(minor, most, several if asks is None else asks)
        if not wrong:
            good.add(text)
        elif asks is None and not all(_wrong(minor, most, (one,)) for one in several):
            findings.gap(f"whether {who} ({text}) goes to an apiserver that fits", "nobody says it")
        else:
            findings.wrong.append(f"{who} is {text}, {wrong}")
    if good:
        findings.good.append(f"{name}: {listed(sorted(good))}")


def _wrong(minor: Minor, most: int, servers: tuple[Minor, ...]) -> str:
    """What is wrong with a version where these are asked; empty if nothing is."""
    oldest, newest = min(servers), max(servers)
    if minor > oldest:
        return f"newer than the oldest apiserver that it goes to ({_text(oldest)})"
    if newest[1] - minor[1] > most:
        return f"more than {most} behind {_text(newest)}, an apiserver that it goes to"
    return ""


def equal_on_all(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Each program of the control plane has one version everywhere: no upgrade stands half done."""
    findings = Findings()
    known = _known(facts, findings)
    for name in (APISERVER, MANAGER, SCHEDULER):
        by_text: dict[str, list[str]] = defaultdict(list)
        for node, (_, text) in known.get(name, {}).items():
            by_text[text].append(node)
        told = "; ".join(f"{text} on {listed(sorted(on))}" for text, on in sorted(by_text.items()))
        if len(by_text) > 1:
            findings.wrong.append(f"{name} has several versions: {told}")
        elif by_text:
            findings.good.append(f"{name}: {told}")
        else:
            findings.gap(name, "its version is not known")
    return findings.outcome()


def _known(facts: Facts, findings: Findings) -> dict[str, dict[str, tuple[Minor, str]]]:
    """Version and text by program and node."""
    found: dict[str, dict[str, tuple[Minor, str]]] = defaultdict(dict)
    if isinstance(facts.versions, NotAvailable):
        findings.gap("the versions of the control plane's programs", facts.versions)
    for name, node, text in _all(facts):
        match = re.match(r"v?(\d+)\.(\d+)\.", text)
        if match:
            found[name][node] = ((int(match[1]), int(match[2])), text)
    return found


def _all(facts: Facts) -> Iterator[tuple[str, str, str]]:
    for one in () if isinstance(facts.versions, NotAvailable) else facts.versions:
        yield one.name, one.node, one.version
    for node in () if isinstance(facts.nodes, NotAvailable) else facts.nodes:
        if node.kubernetes and node.kubernetes.kubelet:
            yield KUBELET, node.name, node.kubernetes.kubelet


def _text(minor: Minor) -> str:
    return f"v{minor[0]}.{minor[1]}"
