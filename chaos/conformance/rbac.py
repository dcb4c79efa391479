"""Who has been given what in the API."""

from __future__ import annotations

from chaos.cluster.facts import Binding, Declared, Facts, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

ADMIN, SYSTEM = "cluster-admin", "kube-system"
EVERYBODY = (
    *("Group/system:authenticated", "Group/system:unauthenticated", "User/system:anonymous"),
    *("Group/system:serviceaccounts", "Group/system:nodes", "Group/system:bootstrappers"),
)
# Whom every Pod belongs to, or every stranger.
FOR_ALL = EVERYBODY[:4]
# Of a namespace's service accounts, of a kind of tokens, of one node.
MANY = ("Group/system:serviceaccounts:", "Group/system:bootstrappers:", "User/system:node:")
ACCOUNT = "User/system:serviceaccount:"
# What the API itself gives to everybody.
HARMLESS = (
    *("system:basic-user", "system:discovery", "system:public-info-viewer"),
    *("system:service-account-issuer-discovery", "kubeadm:bootstrap-signer-clusterinfo"),
    *("system:kube-dns-autoscaler", "kubeadm:node-autoapprove-certificate-rotation"),
)


def few_are_admins(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """What allows everything is bound to administrators' groups and users, not to workloads."""
    if isinstance(facts.bindings, NotAvailable):
        return not_covered("the bindings of roles", facts.bindings)
    findings, names = Findings(), {ADMIN}
    if isinstance(facts.powerful, NotAvailable):
        findings.gap("what ClusterRoles of other names allow", facts.powerful)
    else:
        names.update(facts.powerful)
    for one in facts.bindings:
        kind, _, role = one.role.partition("/")
        if kind != "ClusterRole" or role not in names:
            continue
        subjects = _subjects(one)
        wide = [s for s in subjects if s in EVERYBODY or s.startswith(MANY)]
        programs = [s for s in subjects if s.startswith("ServiceAccount/")]
        if wide:
            findings.wrong.append(_given(one, role, wide))
        elif programs and one.namespace in ("", SYSTEM):
            told = _given(one, role, programs)
            findings.wrong.append(f"{told}: whoever takes that Pod has it all")
        else:
            findings.good.append(f"{one}: {listed(subjects) or 'nobody'}")
    if not facts.bindings:
        findings.gap("the bindings of roles", "there is none: they were not all to be seen")
    elif not findings.good and not findings.wrong:
        findings.good.append("nobody is bound to cluster-admin")
    return findings.outcome()


def _given(one: Binding, role: str, whom: list[str]) -> str:
    if role == ADMIN:
        return f"{one} makes {listed(whom)} {role}"
    return f"{one} gives {listed(whom)} the ClusterRole {role}, which allows everything"


def _subjects(one: Binding) -> list[str]:
    """Whom it binds; a service account is one by its user's name as well."""
    return [
        "ServiceAccount/" + s.removeprefix(ACCOUNT).replace(":", "/")
        if s.startswith(ACCOUNT)
        else s
        for s in one.subjects
    ]


def default_accounts_have_none(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No `default` service account, nor everybody, has been given anything."""
    if isinstance(facts.bindings, NotAvailable):
        return not_covered("the bindings of roles", facts.bindings)
    findings = Findings()
    for one in facts.bindings:
        subjects = _subjects(one)
        default = [
            s for s in subjects if s.startswith("ServiceAccount/") and s.endswith("/default")
        ]
        everybody = [s for s in subjects if s in FOR_ALL or s.startswith(MANY[0])]
        if default:
            findings.wrong.append(f"{one} gives {one.role} to {listed(default)}")
        elif everybody and not (one.name in HARMLESS and one.role.endswith(f"/{one.name}")):
            findings.wrong.append(f"{one} gives {one.role} to {listed(everybody)}")
    if not facts.bindings:
        findings.gap("the bindings of roles", "there is none: they were not all to be seen")
    elif not findings.wrong:
        told = counted(len(facts.bindings), "binding")
        findings.good.append(f"{told}, of which none is of a default service account")
    return findings.outcome()
