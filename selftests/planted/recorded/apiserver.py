"""How one apiserver of three is told to serve; each restart of one would take a minute."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.facts import Binding, Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import Change, recorded

WHO = "cp-2"
# One that is told otherwise than the others is that item's to tell as well.
UNLIKE = ["apiserver-flags-equal"]


def told(**flags: str | None) -> Change:
    """With other flags of the apiserver on cp-2; `_` stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in flags.items()}
    return the.flags("kube-apiserver", named, WHO)


@recorded(
    "apiserver-tls",
    r"^the apiserver of cp-2 runs without --kubelet-certificate-authority: it believes any",
    also=UNLIKE,
)
def kubelets_are_not_checked(facts: Facts) -> Facts:
    """One apiserver checks no kubelet's certificate: who takes the way to one reads what it asks.

    The others do, which the item of equal flags must tell.
    """
    return told(kubelet_certificate_authority=None)(facts)


@recorded(
    "apiserver-authorization",
    r"^the apiserver of cp-2 allows everybody everything \(AlwaysAllow\)",
    also=UNLIKE,
)
def everything_is_allowed(facts: Facts) -> Facts:
    """One apiserver allows everything, as somebody set it to find a fault, and forgot.

    The others do not, which the item of equal flags must tell.
    """
    return told(authorization_mode="Node,RBAC,AlwaysAllow")(facts)


@recorded(
    "apiserver-node-restriction",
    r"^the apiserver of cp-2 runs without NodeRestriction",
    also=UNLIKE,
)
def kubelets_change_other_nodes(facts: Facts) -> Facts:
    """One apiserver was given a list of plugins that leaves NodeRestriction out.

    The others were not, which the item of equal flags must tell.
    """
    return told(enable_admission_plugins="NamespaceLifecycle,ServiceAccount")(facts)


@recorded("apiserver-audit", r"^the apiserver of cp-2 has no --audit-policy-file", also=UNLIKE)
def nothing_is_noted(facts: Facts) -> Facts:
    """One apiserver notes nothing: a third of what is done is not in any log.

    The others do, which the item of equal flags must tell.
    """
    return told(audit_policy_file=None, audit_log_path=None)(facts)


@recorded("apiserver-anonymous", r"^the apiserver of cp-2 answers /api/v1/namespaces to anybody")
def namespaces_for_anybody(facts: Facts) -> Facts:
    """One apiserver tells the list of namespaces to anybody: anonymous was switched on for all."""
    which = ("apiserver", WHO, "/api/v1/namespaces")
    return the.among(
        "anonymous", lambda one: (one.what, one.node, one.path) == which, status=200, ended=""
    )(facts)


@recorded(
    "cluster-admin-bindings", r"^ClusterRoleBinding planted gives .* the ClusterRole ops, which"
)
def admin_by_another_name(facts: Facts) -> Facts:
    """A role of an installer allows everything, under a name that nobody looks for."""
    account = "User/system:serviceaccount:shop:deployer"
    binding = Binding(name="planted", role="ClusterRole/ops", subjects=(account,))
    powerful = (*the.known(facts.powerful), "ops")
    return replace(facts, powerful=powerful, bindings=(*the.known(facts.bindings), binding))
