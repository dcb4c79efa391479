"""How the control plane's programs are told to serve, and who was given what."""

from __future__ import annotations

from typing import Any

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.balancers import seen_by
from selftests.planted.defects.leader_election import SCHEDULER, until_somebody_leads
from selftests.planted.manifests import OtherFlag

APISERVER = "kube-apiserver"
NAME, NAMESPACE = "planted", "shop"


class OneIsToldOtherwise(OtherFlag):
    """One apiserver was given another flag by hand, and kubeadm's ConfigMap knows nothing of it."""

    name = "one-is-told-otherwise"
    item = "apiserver-flags-equal"
    evidence = r"--goaway-chance is not one: .*0\.002 on cp-2"

    program, flag, value = APISERVER, "goaway-chance", "0.002"

    def settle(self, bench: Bench) -> None:
        until_it_serves(bench)


class ProfilesForTheAsking(OtherFlag):
    """One scheduler gives profiles of itself, which cost it processor time."""

    name = "profiles-for-the-asking"
    item = "profiling-off"
    evidence = r"kube-scheduler on cp-2 has profiling on"

    program, flag, value = SCHEDULER, "profiling", "true"

    def settle(self, bench: Bench) -> None:
        until_somebody_leads(bench, SCHEDULER)


class WorkloadIsAdmin(Defect):
    """A workload's service account may do everything, as an installer's manifest had it."""

    name = "workload-is-admin"
    item = "cluster-admin-bindings"
    evidence = r"ClusterRoleBinding planted makes ServiceAccount/shop/deployer cluster-admin"

    def plant(self, bench: Bench) -> None:
        bench.apply(_binding("ClusterRoleBinding", "cluster-admin", "deployer"))

    def mend(self, bench: Bench) -> None:
        bench.delete("clusterrolebinding", NAME)


class RightsByDefault(Defect):
    """A namespace's default service account may read what lies in it: so may every Pod there."""

    name = "rights-by-default"
    item = "default-service-accounts"
    evidence = r"RoleBinding shop/planted gives ClusterRole/view to ServiceAccount/shop/default"

    def plant(self, bench: Bench) -> None:
        bench.apply(_binding("RoleBinding", "view", "default"))

    def mend(self, bench: Bench) -> None:
        bench.delete("rolebinding", NAME, f"--namespace={NAMESPACE}")


def _binding(kind: str, role: str, account: str) -> dict[str, Any]:
    meta = {"name": NAME, **({"namespace": NAMESPACE} if kind == "RoleBinding" else {})}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
    }


def until_it_serves(bench: Bench) -> None:
    """Wait until the balancers send to all apiservers, as they do when each is ready."""

    def serves() -> bool:
        states = {s for lb in bench.fleet.plan.balancers for s in seen_by(bench, lb.name).values()}
        return states == {"UP"}

    until(serves, "the balancers have every apiserver", timeout=90)
