"""Where the control plane stands, by what is declared and by what runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.leader_election import until_somebody_leads
from selftests.planted.defects.zones import part_of
from selftests.planted.manifests import as_it_was, path_of, words_of
from selftests.planted.scraped import until_scraped

SCHEDULER = "kube-scheduler"
TAINT = "node-role.kubernetes.io/control-plane"
GROUP, KIND = "cluster.x-k8s.io", "machinehealthchecks"


class OneHostForTwo(Defect):
    """By the inventory two control planes are virtual machines on one host: its loss is theirs."""

    name = "one-host-for-two"
    item = "control-planes-over-hosts"
    evidence = r"hypervisor-1 holds cp-1, cp-2 of etcd: without it 1 are left of 2"

    def plant(self, bench: Bench) -> None:
        def change(inventory: Any) -> None:
            for name, number in (("cp-1", 1), ("cp-2", 1), ("cp-3", 2)):
                part_of(inventory, name)["host"] = f"hypervisor-{number}"

        bench.change_inventory(change)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()


class SchedulersInOneZone(Defect):
    """One zone has the only scheduler: the manifests of the others are gone.

    That a scheduler does not run where it should is the elected programs' item to tell, and
    Prometheus reaches none there.
    """

    name = "schedulers-in-one-zone"
    item = "zone-loss-leaves-control-plane"
    also = frozenset({"leader-election", "scraped-schedulers"})
    evidence = r"without the zone a there is no kube-scheduler \(all run there: cp-1\)"

    def plant(self, bench: Bench) -> None:
        for name in ("cp-2", "cp-3"):
            bench.take_away(name, path_of(SCHEDULER))
        for name in ("cp-2", "cp-3"):
            gone = partial(_gone, bench, name)
            until(gone, f"no scheduler on {name}", timeout=60)
        until_somebody_leads(bench, SCHEDULER)
        until_scraped(
            bench, but=[f"{bench.machine(one).address}:10259" for one in ("cp-2", "cp-3")]
        )

    def mend(self, bench: Bench) -> None:
        for name in ("cp-2", "cp-3"):
            bench.put_back(name, path_of(SCHEDULER))
        for name in ("cp-2", "cp-3"):
            as_it_was(bench, name, SCHEDULER)
        until_somebody_leads(bench, SCHEDULER)


class NoTaint(Defect):
    """Somebody took a control plane's taint away, to have a place more: all is put there."""

    name = "no-taint"
    item = "control-plane-taints"
    evidence = r"cp-2 has no taint node-role\.kubernetes\.io/control-plane: anything"

    def plant(self, bench: Bench) -> None:
        bench.kubectl("taint", "node", "cp-2", f"{TAINT}:NoSchedule-")

    def mend(self, bench: Bench) -> None:
        bench.kubectl("taint", "node", "cp-2", f"{TAINT}=:NoSchedule", "--overwrite")


class SpareBehindTheBalancer(Defect):
    """By the inventory the third control plane is spare, and the balancers send to it.

    The two that are left are too few, also over zones, and the ladder's lower rung; and to the
    balancers the third is a stranger.
    """

    name = "spare-behind-the-balancer"
    item = "spare-control-planes"
    also = frozenset(
        {"control-planes-odd", "control-planes-over-zones", "cluster-level", "balancer-backends"}
    )
    evidence = r"cp-3 is spare by the inventory, and lb-1 sends clients to it"

    def plant(self, bench: Bench) -> None:
        bench.change_inventory(
            lambda inventory: part_of(inventory, "cp-3")["roles"].append("spare")
        )

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()


class ReplacesNothing(Defect):
    """A MachineHealthCheck of Cluster API that selects no machine: nothing lost is replaced."""

    name = "replaces-nothing"
    item = "nodes-replaced"
    evidence = r"MachineHealthCheck default/planted watches no machine"

    def plant(self, bench: Bench) -> None:
        bench.apply(_DEFINITION)
        bench.kubectl("wait", "--for=condition=Established", "--timeout=20s", f"crd/{KIND}.{GROUP}")
        until(partial(_added, bench), "a MachineHealthCheck", timeout=30)
        until(partial(_listed, bench), "every apiserver lists it", timeout=30)

    def mend(self, bench: Bench) -> None:
        bench.delete("crd", f"{KIND}.{GROUP}", "--wait=true")
        until(lambda: not _served(bench), "the API without Cluster API's objects", timeout=30)


def _gone(bench: Bench, name: str) -> bool:
    return not words_of(bench, name, SCHEDULER)


def _added(bench: Bench) -> bool:
    bench.apply(
        {
            "apiVersion": f"{GROUP}/v1beta1",
            "kind": "MachineHealthCheck",
            "metadata": {"name": "planted", "namespace": "default"},
            "spec": {"clusterName": "planted", "selector": {"matchLabels": {"pool": "renamed"}}},
            "status": {"expectedMachines": 0, "currentHealthy": 0},
        }
    )
    return True


def _listed(bench: Bench) -> bool:
    # Each makes the kind's storage ready by itself, and answers with 429 until then.
    for one in bench.fleet.plan.control_planes:
        bench.kubectl("get", KIND, "--all-namespaces", f"--server=https://{one.address}:6443")
    return True


def _served(bench: Bench) -> bool:
    return GROUP in bench.kubectl("get", "--raw=/apis")


_DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"{KIND}.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": KIND, "singular": "machinehealthcheck", "kind": "MachineHealthCheck"},
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
