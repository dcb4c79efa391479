"""Judging nodes, the machines below them, and the room there is: each defect turns its item red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.conformance.placing import homeless
from chaos.conformance.rooms import rooms
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HOST, ZONE, node
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict
from selftests.unit.conformance_wide import GIB, TOLERATES, Defect, ids, kubernetes, unit

WORKER = 3  # where the first worker stands in the facts' nodes
WORKERS = ("worker-1", "worker-2", "worker-3")
FORWARD, SIX = "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"
BRIDGES = {
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
}


def noded(index: int, **changes: Any) -> f.Facts:
    """With the API saying something else of a node."""
    nodes = known(good().nodes)
    changed = replace(known(nodes[index].kubernetes), **changes)
    return replace(good(), nodes=at(nodes, index, kubernetes=changed))


def told_by(name: str, **changes: Any) -> f.Facts:
    """With a machine telling something else."""
    base = good()
    changed = replace(known(base.machines[name]), **changes)
    return replace(base, machines={**base.machines, name: changed})


def kernel(live: dict[str, str], later: dict[str, str], **more: Any) -> f.Facts:
    """With worker-1's kernel set so."""
    forward = {FORWARD: "1"}
    return told_by(
        "worker-1", kernel=f.Kernel(live=forward | live, persistent=forward | later, **more)
    )


def without(*names: str) -> f.Facts:
    return replace(good(), nodes=tuple(n for n in known(good().nodes) if n.name not in names))


def zoned(zone: str) -> f.Facts:
    """With all workers in this zone."""
    nodes = tuple(replace(n, zone=zone) if "worker" in n.roles else n for n in known(good().nodes))
    return replace(good(), nodes=nodes)


def crowded(zone: str, count: int) -> f.Facts:
    """With so many workers more in this zone."""
    like = known(good().nodes)[WORKER]
    others = (replace(like, name=f"more-{n}", zone=zone) for n in range(count))
    return replace(good(), nodes=(*known(good().nodes), *others))


def clock(least: float, most: float, **more: Any) -> f.Facts:
    """With worker-1's clock between these seconds of ours."""
    known_ = f.Clock(least=timedelta(seconds=least), most=timedelta(seconds=most), **more)
    return told_by("worker-1", clock=known_)


def disk(**changes: Any) -> f.Facts:
    base = f.Disk(path="/var/lib/etcd", size=100, free=50, inodes=100, inodes_free=50)
    return told_by("cp-1", disks=(replace(base, **changes),))


def headroom(*groups: f.PodGroup, **changes: Any) -> f.Facts:
    """With these Pods alone, and worker-1 being otherwise."""
    return replace(noded(WORKER, **changes), pods=groups)


def agents(*nodes: str, **asked: Any) -> f.PodGroup:
    """A DaemonSet's Pods."""
    return f.PodGroup(owner="DaemonSet infra/agent", nodes=nodes, moves=False, **asked)


def moving(*nodes: str, **asked: Any) -> f.PodGroup:
    """Pods that are made anew elsewhere."""
    return f.PodGroup(owner="ReplicaSet infra/one", nodes=nodes, **asked)


def asking(**changes: Any) -> f.Facts:
    """With shop/web's Pods asking for something else."""
    groups = known(good().pods)
    return replace(good(), pods=at(groups, 1, **changes))


DEFECTS: list[Defect] = [
    ("nodes-ready", noded(WORKER, ready=False), "worker-1 is not Ready"),
    (
        "nodes-ready",
        replace(good(), nodes=at(known(good().nodes), 0, kubernetes=None)),
        "the API has no node cp-1",
    ),
    (
        "nodes-pressure",
        noded(WORKER, conditions={"DiskPressure": "True", "PIDPressure": "Unknown"}),
        "worker-1: DiskPressure True, PIDPressure Unknown",
    ),
    ("nodes-labels", noded(WORKER, labels={HOST: "worker-1"}), f"worker-1 has no label {ZONE}"),
    (
        "nodes-labels",
        noded(WORKER, labels={HOST: "worker-1", ZONE: "z"}),
        "worker-1 stands in a by the inventory, and its label says z",
    ),
    ("nodes-schedulable", noded(WORKER, schedulable=False), "cordoned: worker-1"),
    ("workers-over-zones", without("worker-1", "worker-2"), "1 worker (worker-3)"),
    ("workers-over-zones", zoned("a"), "all workers stand in the zone a"),
    (
        "workers-over-zones",
        crowded("a", 2),
        "workers by zone: a 3, b 1, c 1: without a, 3 of 5 are lost",
    ),
    ("workers-over-zones", without("worker-2"), "no worker stands in b, and a control plane does"),
    (
        "node-services",
        told_by("worker-1", units=(unit("kubelet", enabled="disabled"), unit("containerd"))),
        "worker-1: kubelet is disabled: it does not start at a boot",
    ),
    (
        "node-services",
        told_by("worker-1", units=(unit("kubelet"), unit("crio", active=False, restart="no"))),
        "worker-1: crio does not run and has Restart=no",
    ),
    (
        "node-services",
        replace(
            told_by("worker-1", units=(unit("kubelet"), unit("containerd"))),
            nodes=known(noded(WORKER, runtime="cri-o://1.36.0").nodes),
        ),
        "worker-1 has no unit of its container runtime",
    ),
    (
        "node-services",
        told_by("worker-1", units=(unit("kubelet"),)),
        "worker-1 has no unit of its container runtime",
    ),
    (
        "node-forwarding",
        noded(WORKER, families=(4, 6)),
        "worker-1 has net.ipv6.conf.all.forwarding = nothing now",
    ),
    ("node-forwarding", kernel({FORWARD: "0"}, {}), f"worker-1 has {FORWARD} = 0 now"),
    (
        "node-forwarding",
        kernel({}, {FORWARD: "0"}),
        f"worker-1 has {FORWARD} = 1, and the next boot sets it to 0",
    ),
    (
        "node-forwarding",
        told_by("worker-1", kernel=f.Kernel(live={FORWARD: "1"}, persistent={})),
        "the next boot does not set it",
    ),
    (
        "node-bridge-settings",
        kernel({}, BRIDGES, bridges=("cni0",), modules=("br_netfilter",)),
        "worker-1 (bridge cni0): not 1 now: net.bridge.bridge-nf-call-iptables",
    ),
    (
        "node-bridge-settings",
        kernel(BRIDGES, BRIDGES, bridges=("cni0",)),
        "worker-1 (bridge cni0): lost at the next boot: the module br_netfilter",
    ),
    (
        "packages-held",
        told_by("worker-1", packages={"kubelet": False, "kubectl": True}),
        "worker-1 lets its packages be upgraded: kubelet",
    ),
    ("clocks-kept", clock(0, 0), "nothing keeps the clock of worker-1"),
    (
        "clocks-kept",
        clock(0, 0, keepers=("chrony",), synchronised=False),
        "worker-1: chrony is not synchronised",
    ),
    (
        "clocks-agree",
        clock(0.7, 0.8),
        "the clock of worker-1 is 0.61 s or more ahead of that of",
    ),
    ("clocks-agree", clock(-0.8, -0.7), "or more ahead of that of worker-1"),
    ("disks-room", disk(free=14), "cp-1: /var/lib/etcd has 14% free, and 15% are needed"),
    ("disks-room", disk(inodes_free=9), "cp-1: /var/lib/etcd has 9% of its inodes free"),
    (
        "capacity-without-a-node",
        asking(cpu=1200),
        "1 Pod of ReplicaSet shop/web-1 find no place: nowhere are 1200m of a processor",
    ),
    (
        "capacity-without-a-node",
        asking(apart=(HOST,), spread={}),
        "it must be apart over kubernetes.io/hostname, and no such place is left",
    ),
    (
        "capacity-without-a-node",
        asking(selector={HOST: "worker-1"}, nodes=("worker-1",)),
        "without the node worker-1, 1 Pod of ReplicaSet shop/web-1 find no place: no node that is",
    ),
    (
        "capacity-without-a-zone",
        asking(bound=(f.Requirement(key=ZONE, operator="In", values=("a",)),), nodes=("worker-1",)),
        "without the zone a, 1 Pod of ReplicaSet shop/web-1 find no place",
    ),
    (
        "capacity-without-a-zone",
        replace(good(), nodes=tuple(replace(n, zone="a") for n in known(good().nodes))),
        "all nodes stand in the zone a",
    ),
    (
        "capacity-headroom",
        headroom(agents(*WORKERS, cpu=1300)),
        "workers have 5.7 processors, 1.46 times the 3.9 asked for: 1.5 times are needed",
    ),
    (
        "capacity-headroom",
        headroom(agents(*WORKERS, memory=2 * GIB + 1)),
        "workers have 9 GiB of memory, 1.49 times the 6 asked for: 1.5 times are needed",
    ),
    (
        "capacity-headroom",
        headroom(agents(*["worker-1"] * 221)),
        "workers have 330 Pods, 1.49 times the 221 asked for: 1.5 times are needed",
    ),
    (
        "capacity-headroom",
        replace(noded(0, taints=()), pods=(agents("cp-1", cpu=5100),)),
        "workers have 7.6 processors, 1.49 times the 5.1 asked for",
    ),
    # A cordoned worker gives nothing, and what runs there must go elsewhere.
    (
        "capacity-headroom",
        headroom(moving(*WORKERS, cpu=850), schedulable=False),
        "workers have 3.8 processors, 1.49 times the 2.55 asked for",
    ),
    (
        "capacity-headroom",
        headroom(moving(*["gone"] * 4, cpu=1000), ready=False),
        "0.95 times the 4",
    ),
    ("capacity-headroom", headroom(moving("", "", cpu=2000)), "1.42 times the 4 asked for"),
    (
        "node-sizes",
        noded(WORKER, capacity_cpu=1000, capacity_memory=2 * GIB, capacity_disk=20 * GIB),
        "worker-1 (worker) has 1 processor of 2, 2.0 GiB of memory of 4, 20 GiB of disk of 50",
    ),
    ("node-sizes", told_by("lb-1", memory=GIB), "lb-1 (balancer) has 1.0 GiB of memory of 2"),
    (
        "etcd-fits-size",
        replace(
            good(), nodes=tuple(replace(known(good().nodes)[0], name=f"n{i}") for i in range(101))
        ),
        "101 nodes, and etcd is stacked: with more than 100 it competes with its apiserver",
    ),
]


@pytest.mark.parametrize(("item", "facts", "said"), DEFECTS, ids=ids(DEFECTS))
def test_each_defect_turns_its_item_red(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.FAIL
    assert said in told(item, facts)


GAPS: list[Defect] = [
    ("nodes-pressure", noded(WORKER, conditions={}), "the conditions of worker-1: it told none"),
    ("node-services", told_by("worker-1", units=SILENT), SILENT.reason),
    ("node-services", replace(good(), machines={}), "worker-1: it was not asked"),
    ("node-forwarding", told_by("worker-1", kernel=SILENT), SILENT.reason),
    ("node-bridge-settings", told_by("worker-1", kernel=SILENT), SILENT.reason),
    ("packages-held", told_by("worker-1", packages={}), "the packages of worker-1: none of kube"),
    ("packages-held", told_by("worker-1", packages=SILENT), SILENT.reason),
    ("clocks-kept", clock(0, 0, container="systemd-nspawn"), "it is a container (systemd-nspawn)"),
    ("clocks-agree", clock(-2, 2), "lb-2 and worker-1: they may be 2.09 s apart"),
    ("clocks-agree", clock(0.3, 0.6), "they may be 0.66 s apart"),
    (
        "clocks-kept",
        clock(0, 0, keepers=("openntpd",)),
        "whether openntpd of worker-1 is synchronised",
    ),
    ("clocks-agree", told_by("worker-1", clock=SILENT), SILENT.reason),
    ("disks-room", told_by("cp-1", disks=SILENT), SILENT.reason),
    ("capacity-without-a-node", noded(WORKER, pods=0), "worker-1 did not tell"),
    (
        "capacity-without-a-node",
        asking(beside=(HOST,)),
        "a place for ReplicaSet shop/web-1: it must be with other Pods, over kubernetes.io/host",
    ),
    ("capacity-headroom", noded(WORKER, pods=0), "worker-1 did not tell"),
    ("capacity-headroom", replace(good(), nodes=SILENT), SILENT.reason),
    ("capacity-headroom", replace(good(), pods=SILENT), SILENT.reason),
    ("capacity-headroom", without(*WORKERS), "none is ready and takes Pods"),
    ("node-sizes", told_by("lb-1", cpus=None), "the size of lb-1: it did not tell"),
]


@pytest.mark.parametrize(("item", "facts", "said"), GAPS, ids=ids(GAPS))
def test_what_is_not_known_is_not_covered(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.NOT_COVERED
    assert said in told(item, facts)


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        (
            "node-bridge-settings",
            kernel(BRIDGES, BRIDGES, bridges=("cni0",), modules=("br_netfilter",)),
        ),
        ("clocks-agree", clock(0.3, 0.4)),
        (
            "node-services",
            replace(
                told_by(
                    "worker-1",
                    units=(
                        *(unit("kubelet"), unit("crio")),
                        unit("containerd", enabled="disabled", active=False),
                    ),
                ),
                nodes=known(noded(WORKER, runtime="cri-o://1.36.0").nodes),
            ),
        ),
        (
            "node-forwarding",
            replace(
                kernel({FORWARD: "0", SIX: "1"}, {SIX: "1"}),
                nodes=known(noded(WORKER, families=(6,)).nodes),
            ),
        ),
        ("disks-room", disk(inodes=0, inodes_free=0)),
        ("capacity-without-a-node", asking(cpu=800)),
        ("capacity-headroom", headroom(agents(*WORKERS, cpu=1266, memory=2 * GIB))),
        ("capacity-headroom", headroom(agents(*["worker-1"] * 220))),
        ("capacity-headroom", headroom(agents(*WORKERS, cpu=1260), schedulable=False)),
        ("capacity-headroom", headroom(moving("cp-1", cpu=1900), moving("worker-1", cpu=1900))),
        ("capacity-headroom", headroom()),
        ("nodes-labels", noded(WORKER, conditions={})),
        ("workers-over-zones", crowded("a", 1)),
    ],
)
def test_what_does_as_well(item: str, facts: f.Facts) -> None:
    assert verdict(item, facts) is Verdict.PASS


# placing

NODES = tuple(
    kubernetes(node(f"worker-{n}", n, "worker", zone=zone))
    for n, zone in ((1, "a"), (2, "b"), (3, "b"))
)


def lost(group: f.PodGroup, *gone: str, beside: tuple[f.PodGroup, ...] = ()) -> list[str]:
    groups = (group, *beside)
    return [one.why for one in homeless(rooms(NODES, groups), groups, frozenset(gone))]


def pods(*nodes: str, **changes: Any) -> f.PodGroup:
    base = f.PodGroup(owner="ReplicaSet shop/web", nodes=nodes, cpu=100, memory=2**20)
    return replace(base, **changes)


def test_what_does_not_move_needs_no_place() -> None:
    assert lost(pods("worker-1", cpu=10**6, moves=False), "worker-1") == []
    assert lost(pods("worker-2", cpu=10**6), "worker-1") == []


def test_a_spread_counts_what_is_already_there() -> None:
    even = pods("worker-1", "worker-2", "worker-3", spread={HOST: 1})
    assert lost(even, "worker-1") == []
    assert lost(replace(even, apart=(HOST,), spread={}), "worker-1")
    # Zone b has two of them: a third there is more than one too many, if a is still to be had.
    uneven = pods("worker-1", "worker-2", "worker-3", spread={ZONE: 1})
    assert lost(uneven, "worker-1") == []


IGNORED, HONORED = f.Counted(), f.Counted(taints=True)


@pytest.mark.parametrize(
    ("key", "how", "placed"),
    [
        # By default the place of a dead node is one that is empty; by its taint it is none.
        (HOST, IGNORED, False),
        (HOST, HONORED, True),
        (ZONE, IGNORED, False),
        (ZONE, HONORED, True),
        (ZONE, f.Counted(taints=True, places=2), False),
        ("rack", HONORED, False),
    ],
)
def test_what_a_spread_counts(key: str, how: f.Counted, placed: bool) -> None:
    group = pods("worker-1", "worker-2", "worker-3", spread={key: 1}, counted={key: how})
    assert bool(lost(group, "worker-1")) is not placed


@pytest.mark.parametrize(
    ("changes", "how", "placed"),
    [
        ({"taints": ("node.kubernetes.io/unschedulable=:NoSchedule",)}, HONORED, True),
        ({"taints": ("disk=slow:PreferNoSchedule",), "schedulable": False}, HONORED, False),
        ({"labels": {HOST: "worker-3"}}, HONORED, True),
        ({"labels": {HOST: "worker-3"}}, f.Counted(labels=False, taints=True), False),
    ],
)
def test_which_nodes_a_spread_counts(changes: dict[str, Any], how: f.Counted, placed: bool) -> None:
    group = pods("worker-1", "worker-2", selector={ZONE: "b"}, spread={HOST: 1})
    group = replace(group, counted={HOST: how})
    first, second, third = NODES
    third = replace(third, kubernetes=replace(known(third.kubernetes), **changes))
    nodes = (first, second, third)
    found = homeless(rooms(nodes, (group,)), (group,), frozenset({"worker-1"}))
    assert bool(found) is not placed


def test_more_important_pods_are_placed_first() -> None:
    small = pods("worker-1", owner="ReplicaSet shop/low", cpu=1500)
    great = replace(small, owner="ReplicaSet shop/high", priority=9, nodes=("worker-1", "worker-1"))
    groups = (small, great)
    found = homeless(rooms(NODES, ()), groups, frozenset({"worker-1"}))
    assert [one.owner for one in found] == ["ReplicaSet shop/low"]


def test_how_many_pods_a_node_takes() -> None:
    few = tuple(
        replace(n, kubernetes=replace(known(n.kubernetes), pods=1)) if n.name != "worker-1" else n
        for n in NODES
    )
    groups = (pods("worker-1", "worker-1", "worker-1", cpu=0),)
    found = homeless(rooms(few, groups), groups, frozenset({"worker-1"}))
    assert [one.count for one in found] == [1]


GPU = "nvidia.com/gpu"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"more": {GPU: 1}}, ""),
        ({"more": {GPU: 2}}, f"100m of a processor and 1 MiB and 2 of {GPU} free"),
        ({"more": {"other": 1}}, "1 of other free"),
        ({"ports": ("/TCP/80",)}, "the ports TCP/80 of a node free"),
        ({"ports": ("192.0.2.1/TCP/80",)}, "the ports 192.0.2.1/TCP/80 of a node free"),
        ({"ports": ("192.0.2.1/TCP/81",)}, ""),
        ({"ports": ("/UDP/80",)}, ""),
    ],
)
def test_what_else_a_pod_takes_from_a_node(asked: dict[str, Any], why: str) -> None:
    nodes = tuple(
        replace(n, kubernetes=replace(known(n.kubernetes), gives={GPU: 2})) for n in NODES[:2]
    )
    group = pods("worker-1", **asked)
    there = pods("worker-2", more={GPU: 1}, ports=("/TCP/80", "192.0.2.2/TCP/81"), moves=False)
    found = homeless(rooms(nodes, (there, group)), (there, group), frozenset({"worker-1"}))
    assert bool(found) is bool(why)
    assert all(why in one.why for one in found)


@pytest.mark.parametrize(
    ("requirement", "holds"),
    [
        (("In", "a", "b"), True),
        (("NotIn", "a"), False),
        (("Exists",), True),
        (("DoesNotExist",), False),
        (("Gt", "1"), False),
        (("Unknown",), False),
    ],
)
def test_requirements_on_labels(requirement: tuple[str, ...], holds: bool) -> None:
    operator, *values = requirement
    rule = f.Requirement(key="zone", operator=operator, values=tuple(values))
    assert rule.holds({"zone": "a"}) is holds
    assert f.Requirement(key="n", operator="Gt", values=("3",)).holds({"n": "4"})
    assert f.Requirement(key="n", operator="Lt", values=("3",)).holds({"n": "2"})


def test_what_a_toleration_tolerates() -> None:
    taint = "node.kubernetes.io/unreachable=:NoExecute"
    assert TOLERATES[0].tolerates(taint)
    assert not TOLERATES[0].tolerates(taint.replace("NoExecute", "NoSchedule"))
    assert f.Toleration(operator="Exists").tolerates(taint)
    assert not f.Toleration(key="node.kubernetes.io/unreachable", value="x").tolerates(taint)
    assert f.Toleration(key="k", value="v").tolerates("k=v:NoSchedule")


def test_in_a_large_cluster_those_with_the_most_are_tried() -> None:
    many = tuple(
        kubernetes(replace(node("worker-1", 1, "worker"), name=f"w-{n:03}", zone="abc"[n % 3]))
        for n in range(60)
    )
    groups = tuple(
        pods(n.name, owner=f"ReplicaSet shop/{n.name}", cpu=10 + i) for i, n in enumerate(many)
    )
    facts = replace(good(), nodes=many, pods=groups)
    assert verdict("capacity-without-a-node", facts) is Verdict.PASS
    assert "without any of 20 nodes (w-059" in told("capacity-without-a-node", facts)
