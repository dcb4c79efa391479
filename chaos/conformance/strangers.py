"""What is answered to somebody without a certificate and without a token."""

from __future__ import annotations

from collections.abc import Collection

from chaos.cluster.facts import Anonymous, Declared, Facts, NotAvailable
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed
from chaos.conformance.programs import is_off

HEALTH = ("/livez", "/readyz", "/healthz")
# kubeadm's own rules let everybody read the version; it names no object.
HARMLESS = (*HEALTH, "/version")
DENIED = (401, 403)


def learn_health_alone(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every apiserver tells anybody whether it is well, which balancers ask, and nothing else."""
    findings = Findings()
    for node, tried in _of("apiserver", facts, findings).items():
        open_to_all = [t.path for t in tried if _answered(t) and t.path not in HARMLESS]
        shut = [t for t in tried if t.path in HEALTH and t.status in DENIED]
        for path in open_to_all:
            findings.wrong.append(f"the apiserver of {node} answers {path} to anybody")
        if shut:
            paths = listed(sorted(t.path for t in shut))
            findings.wrong.append(
                f"the apiserver of {node} does not tell {paths} without a certificate, "
                "as balancers ask it"
            )
        if not open_to_all and not shut:
            told = listed(f"{t.path} {t.status}" for t in tried if t.status)
            findings.good.append(f"the apiserver of {node}: {told}")
    return findings.outcome()


def learn_nothing_of_kubelets(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No kubelet tells a stranger what runs on its node, or would run something for him."""
    findings = Findings()
    good = []
    closed = []
    for node, tried in _of("kubelet", facts, findings, told=_told_to(facts)).items():
        for one in tried:
            if not one.reached:
                closed.append(node)
            elif _answered(one):
                findings.wrong.append(f"the kubelet of {node} answers {one.path} to anybody")
            else:
                good.append(node)
    if told := [node for node in closed if node in _told_to(facts)]:
        findings.good.append(f"{listed(told)}: closed to us, and told to turn strangers away")
    if good:
        findings.good.append(f"{counted(len(set(good)), 'kubelet')} turned a stranger away")
    for node, kubelet in facts.kubelets.items():
        if isinstance(kubelet, NotAvailable):
            continue  # what was tried tells it
        if kubelet.settings.get("authorization.mode") == "AlwaysAllow":
            findings.wrong.append(f"the kubelet of {node} allows everybody everything")
        if kubelet.settings.get("readOnlyPort", "0") != "0":
            port = kubelet.settings["readOnlyPort"]
            findings.wrong.append(f"the kubelet of {node} serves without TLS on port {port}")
    return findings.outcome()


def _answered(one: Anonymous) -> bool:
    return one.status is not None and 200 <= one.status < 400


def _told_to(facts: Facts) -> set[str]:
    """The nodes whose kubelet's settings turn strangers away."""
    return {
        node
        for node, kubelet in facts.kubelets.items()
        if not isinstance(kubelet, NotAvailable)
        and is_off(kubelet.settings.get("authentication.anonymous.enabled", "true"))
        and kubelet.settings.get("authorization.mode") == "Webhook"
    }


def _of(
    what: str, facts: Facts, findings: Findings, *, told: Collection[str] = ()
) -> dict[str, list[Anonymous]]:
    """What was tried, by node; who was not tried, or could not be reached, is a gap.

    Args:
        told: nodes that need not be reached, for their settings tell it.
    """
    found: dict[str, list[Anonymous]] = {}
    if isinstance(facts.anonymous, NotAvailable):
        findings.gap(f"a stranger's request to each {what}", facts.anonymous)
        return found
    for one in facts.anonymous:
        if one.what != what:
            continue
        node = one.node or one.address
        found.setdefault(node, []).append(one)
        closed = not one.reached and node in told
        if one.status is None and not closed and not _turned_away(one):
            findings.gap(f"{one.path} of the {what} of {node}", one.ended)
    if isinstance(facts.nodes, NotAvailable):
        findings.gap(f"whether that is every {what}", facts.nodes)
        return found
    for known in facts.nodes:
        mine = known.kubernetes and (what == "kubelet" or is_control_plane(known))
        if mine and known.name not in found:
            findings.gap(f"the {what} of {known.name}", "it was not tried")
    return found


def _turned_away(one: Anonymous) -> bool:
    """Whether it demanded a certificate in the handshake: that, too, is an answer."""
    return one.reached and "CERTIFICATE" in one.ended
