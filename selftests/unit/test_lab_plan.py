"""Where a lab's machines stand and what their addresses are."""

from __future__ import annotations

import itertools
from collections import Counter
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from lab.plan import LIMITS, RANGE, Machine, Plan, Role, plan
from lab.spec import EtcdTopology, Spec

SHAPES = {
    "default": Spec(subnet=0),
    "external etcd": Spec(etcd="external", subnet=1),
    "five control planes": Spec(control_planes=5, subnet=2),
    "five and external": Spec(control_planes=5, etcd="external", subnet=3),
    "single master": Spec(control_planes=1, workers=2, load_balancers=1, zones=1, subnet=4),
    "alone": Spec(control_planes=1, workers=0, load_balancers=1, zones=1, subnet=5),
    "all in one zone": Spec(control_planes=5, workers=11, etcd="external", zones=1, subnet=7),
    "most workers": Spec(control_planes=1, workers=15, subnet=6),
    "most machines": Spec(control_planes=5, workers=11, etcd="external", zones=9, subnet=15),
}


@pytest.fixture(params=list(SHAPES.values()), ids=list(SHAPES))
def lab(request: pytest.FixtureRequest) -> Plan:
    spec = request.param
    assert isinstance(spec, Spec)
    return plan(spec)


def test_every_role_has_as_many_machines_as_were_asked_for(lab: Plan) -> None:
    spec = lab.spec
    assert Counter(m.role for m in lab.machines) == Counter(
        {
            Role.CONTROL_PLANE: spec.control_planes,
            Role.WORKER: spec.workers,
            Role.LOAD_BALANCER: spec.load_balancers,
            Role.ETCD: spec.control_planes if spec.etcd == "external" else 0,
        }
    )


def test_no_name_and_no_address_is_given_twice(lab: Plan) -> None:
    own = [lab.host_address, lab.router_address, lab.virtual_ip]
    own += [str(IPv4Interface(address).ip) for address in lab.bridges.values()]
    taken = [*own, *(m.address for m in lab.machines)]
    assert [address for address, times in Counter(taken).items() if times > 1] == []
    assert len({m.name for m in lab.machines}) == len(lab.machines)


def test_every_machine_reaches_its_gateway_over_its_own_bridge(lab: Plan) -> None:
    for machine in lab.machines:
        bridge = IPv4Interface(lab.bridges[machine.bridge])
        assert IPv4Address(machine.address) in bridge.network
        assert IPv4Address(machine.gateway) == bridge.ip


def test_bridges_host_cable_and_virtual_address_lie_apart_in_the_lab_s_own_net(lab: Plan) -> None:
    cable = IPv4Network(f"{lab.host_address}/30", strict=False)
    nets = [cable, *(IPv4Interface(address).network for address in lab.bridges.values())]
    assert [pair for pair in itertools.combinations(nets, 2) if pair[0].overlaps(pair[1])] == []
    assert all(net.subnet_of(IPv4Network(lab.machine_net)) for net in nets)
    assert IPv4Address(lab.router_address) in cable
    assert IPv4Address(lab.virtual_ip) in IPv4Interface(lab.bridges["edge"]).network


def test_each_kubernetes_node_has_pod_addresses_of_its_own_and_no_other_has(lab: Plan) -> None:
    nodes = lab.of(Role.CONTROL_PLANE, Role.WORKER)
    nets = [IPv4Network(m.pods) for m in nodes if m.pods]
    assert len(nets) == len(nodes)
    assert all(net.subnet_of(IPv4Network(lab.pod_net)) for net in nets)
    assert [pair for pair in itertools.combinations(nets, 2) if pair[0].overlaps(pair[1])] == []
    assert {m.pods for m in lab.of(Role.ETCD, Role.LOAD_BALANCER)} <= {None}


def test_every_role_is_spread_evenly_over_the_zones(lab: Plan) -> None:
    for role in Role:
        counts = [sum(m.zone == zone for m in lab.of(role)) for zone in lab.zones]
        assert max(counts) - min(counts) <= 1, (role, counts)


def test_labs_on_all_subnets_lie_apart_within_the_range_for_benchmarks() -> None:
    plans = [plan(Spec(subnet=subnet)) for subnet in range(16)]
    nets = [IPv4Network(n) for p in plans for n in (p.machine_net, p.pod_net, p.service_net)]
    assert all(net.subnet_of(IPv4Network(RANGE)) for net in nets)
    assert [pair for pair in itertools.combinations(nets, 2) if pair[0].overlaps(pair[1])] == []


@pytest.mark.parametrize("control_planes", [3, 5])
@pytest.mark.parametrize("etcd", ["stacked", "external"])
def test_the_loss_of_any_of_three_zones_leaves_etcd_its_quorum(
    control_planes: int, etcd: EtcdTopology
) -> None:
    lab = plan(Spec(control_planes=control_planes, etcd=etcd, subnet=0))
    voters = Counter(m.zone for m in lab.etcd)
    quorum = control_planes // 2 + 1
    assert [zone for zone in lab.zones if control_planes - voters[zone] < quorum] == []


def test_two_balancers_stand_in_two_zones() -> None:
    assert [b.zone for b in plan(Spec(subnet=0)).balancers] == ["a", "b"]


def test_etcd_runs_on_the_control_planes_unless_it_has_machines_of_its_own() -> None:
    stacked, external = plan(Spec(subnet=0)), plan(Spec(etcd="external", subnet=0))
    assert [m.name for m in stacked.etcd] == ["cp-1", "cp-2", "cp-3"]
    assert [m.name for m in external.etcd] == ["etcd-1", "etcd-2", "etcd-3"]
    assert external.control_planes == stacked.control_planes


def test_a_machine_is_found_by_its_name() -> None:
    lab = plan(Spec(subnet=0))
    found = lab.machine("worker-2")
    assert isinstance(found, Machine)
    assert (found.role, found.zone) == (Role.WORKER, "b")
    assert lab.machine("worker-4") is None


def test_every_role_has_limits_of_its_own(lab: Plan) -> None:
    assert {m.limits for m in lab.machines} <= set(LIMITS.values())
    assert all(m.limits.cpus >= 1 and m.limits.memory > 0 for m in lab.machines)
