"""Who has been given what in the API."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

ADMIN = "ClusterRole/cluster-admin"
# Those whose certificates nobody can take back, and those that kubeadm makes; more is too many.
MASTERS = ("Group/system:masters", "Group/kubeadm:cluster-admins")
EVERYBODY = (
    *("Group/system:authenticated", "Group/system:unauthenticated", "User/system:anonymous"),
    *("Group/system:serviceaccounts", "Group/system:nodes"),
)
# What the API itself gives to everybody.
HARMLESS = (
    *("system:basic-user", "system:discovery", "system:public-info-viewer"),
    *("system:service-account-issuer-discovery", "kubeadm:bootstrap-signer-clusterinfo"),
    *("system:kube-dns-autoscaler", "kubeadm:node-autoapprove-certificate-rotation"),
)


def few_are_admins(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """cluster-admin is bound to administrators' groups and users, not to workloads or everybody."""
    if isinstance(facts.bindings, NotAvailable):
        return not_covered("the bindings of roles", facts.bindings)
    findings = Findings()
    for one in facts.bindings:
        if one.role != ADMIN:
            continue
        wide = [s for s in one.subjects if s in EVERYBODY or s.startswith("Group/system:service")]
        programs = [s for s in one.subjects if s.startswith("ServiceAccount/")]
        if wide:
            findings.wrong.append(f"{one} makes {listed(wide)} cluster-admin")
        elif programs and not one.namespace:
            findings.wrong.append(
                f"{one} makes {listed(programs)} cluster-admin: whoever takes that Pod has it all"
            )
        else:
            findings.good.append(f"{one}: {listed(one.subjects) or 'nobody'}")
    if not facts.bindings:
        findings.gap("the bindings of roles", "there is none: they were not all to be seen")
    elif not findings.good and not findings.wrong:
        findings.good.append("nobody is bound to cluster-admin")
    return findings.outcome()


def default_accounts_have_none(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No `default` service account, nor everybody, has been given anything."""
    if isinstance(facts.bindings, NotAvailable):
        return not_covered("the bindings of roles", facts.bindings)
    findings = Findings()
    for one in facts.bindings:
        default = [
            s for s in one.subjects if s.startswith("ServiceAccount/") and s.endswith("/default")
        ]
        everybody = [s for s in one.subjects if s in EVERYBODY and s != "Group/system:nodes"]
        everybody += [s for s in one.subjects if s.startswith("Group/system:serviceaccounts:")]
        if default:
            findings.wrong.append(f"{one} gives {one.role} to {listed(default)}")
        elif everybody and one.name not in HARMLESS:
            findings.wrong.append(f"{one} gives {one.role} to {listed(everybody)}")
    if not facts.bindings:
        findings.gap("the bindings of roles", "there is none: they were not all to be seen")
    elif not findings.wrong:
        told = counted(len(facts.bindings), "binding")
        findings.good.append(f"{told}, of which none is of a default service account")
    return findings.outcome()
