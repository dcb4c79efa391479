"""The lab's network: what is cut is cut and nothing else, and no other lab is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from lab import network
from lab.errors import LabError
from lab.network import Network
from lab.plan import Machine, plan
from lab.spec import Spec
from selftests.unit.support import machine_of

LAB = plan(Spec(name="dev", subnet=1))
ROUTER = "hf-dev.router"


class Host:
    """Answers `ip` and `nft`, and keeps what they were told."""

    def __init__(self) -> None:
        self.namespaces = [ROUTER, "hf-dev.cp-1", "hf-dev-2.router", "hf-dev-2.cp-1", "theirs"]
        self.links = ["lo", "eth0", "hf-dev", "hf-dev-2"]
        self.ports = {m.name: True for m in LAB.machines}
        self.tables = ""
        self.told: list[tuple[str, str]] = []

    def run(self, argv: Sequence[str], *, stdin: str = "") -> str:
        """In place of `run`."""
        command = " ".join(argv)
        if command == "ip netns list":
            return "".join(f"{name} (id: {n})\n" for n, name in enumerate(self.namespaces))
        if command == "ip -json link show":
            return json.dumps([{"ifname": name} for name in self.links])
        if command == f"ip -netns {ROUTER} -json link show type veth":
            flags = {True: ["UP"], False: []}
            return json.dumps([{"ifname": n, "flags": flags[up]} for n, up in self.ports.items()])
        if command.endswith("nft list tables inet"):
            return self.tables
        self.told.append((command, stdin))
        return ""

    def commands(self) -> list[str]:
        return [command for command, _ in self.told]


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    one = Host()
    monkeypatch.setattr(network, "run", one.run)
    return one


def machine(name: str) -> Machine:
    return machine_of(LAB, name)


def test_removing_a_lab_leaves_a_lab_of_a_similar_name_alone(host: Host) -> None:
    network.remove("dev")
    assert host.commands() == [
        "ip link delete hf-dev",
        f"ip netns delete {ROUTER}",
        "ip netns delete hf-dev.cp-1",
    ]


def test_removing_what_is_not_there_does_nothing(host: Host) -> None:
    network.remove("de")
    assert host.told == []


def test_every_name_on_the_host_fits_an_interface() -> None:
    longest = Network(plan(Spec(name="abcdefghij", subnet=0)))
    assert len(longest.host_link) <= 15
    biggest = plan(Spec(control_planes=5, workers=11, etcd="external", zones=9, subnet=0))
    assert all(len(name) <= 15 for m in biggest.machines for name in (m.name, m.bridge))


def cut(host: Host, zone: str) -> dict[str, list[set[str]]]:
    """The sets in the rules that cut a zone off, by the family of their table."""
    Network(LAB).cut_zone(zone)
    ((where, rules),) = host.told
    assert where == f"ip netns exec {ROUTER} nft -f -"
    tables = re.split(rf"table (\w+) zone_{zone}_cut \{{", rules)[1:]
    sets = [re.findall(r"\{ ([^{};]+) \}", text) for text in tables[1::2]]
    named = [[set(one.split(", ")) for one in found] for found in sets]
    return dict(zip(tables[::2], named, strict=True))


@pytest.mark.parametrize("zone", LAB.zones)
def test_a_zone_is_cut_off_with_its_pods_and_nothing_beyond_it(host: Host, zone: str) -> None:
    inside = [m.pods for m in LAB.machines if m.bridge == f"zone-{zone}"]
    nets = {LAB.bridges[f"zone-{zone}"].replace(".1/24", ".0/24"), *inside}
    # Each set once for what comes and once for what goes, against the rest of the world.
    assert cut(host, zone)["inet"] == [nets] * 4


@pytest.mark.parametrize(
    ("zone", "names"), [("a", {'"lb-1"'}), ("b", {'"lb-2"'}), ("c", None)], ids=list("abc")
)
def test_a_zone_s_balancer_is_cut_off_with_it(
    host: Host, zone: str, names: set[str] | None
) -> None:
    assert cut(host, zone).get("bridge") == ([names] * 4 if names else None)


@pytest.mark.parametrize("zone", LAB.zones)
def test_joining_a_zone_takes_away_what_cutting_it_made(host: Host, zone: str) -> None:
    made = {f"{family} zone_{zone}_cut" for family in cut(host, zone)}
    Network(LAB).join_zone(zone)
    _, rules = host.told[-1]
    assert made <= set(re.findall(r"(?m)^delete table (.*)$", rules))
    # Declared just before, so that deleting what is not there is no error.
    for table in re.findall(r"(?m)^delete table (.*)$", rules):
        assert f"table {table}\ndelete table {table}\n" in rules
    assert "{" not in rules


def test_a_cable_is_cut_and_joined_at_the_router_s_end(host: Host) -> None:
    Network(LAB).cut(machine("cp-2"))
    Network(LAB).join(machine("cp-2"))
    batch = f"ip -netns {ROUTER} -batch -"
    assert host.told == [(batch, "link set cp-2 down\n"), (batch, "link set cp-2 up\n")]


def test_a_machine_that_is_off_has_no_cable_to_join(host: Host) -> None:
    host.ports.clear()
    with pytest.raises(LabError, match=r"cp-2 is off.*Power it on first"):
        Network(LAB).join(machine("cp-2"))
    Network(LAB).cut(machine("cp-2"))
    assert host.told == []


def test_cut_cables_of_machines_and_zones_are_seen(host: Host) -> None:
    assert Network(LAB).cut_cables() == set()
    host.ports["worker-1"] = False
    host.tables = "table inet silence\ntable inet zone_b_cut\n"
    assert Network(LAB).cut_cables() == {"worker-1", "b"}


def test_a_lab_without_its_router_has_no_cables_at_all(host: Host) -> None:
    host.namespaces.clear()
    assert Network(LAB).cut_cables() == set()


def test_the_cable_goes_before_the_namespace_so_that_no_kernel_answers_for_the_dead(
    host: Host,
) -> None:
    Network(LAB).unplug(machine("cp-1"))
    assert host.told == [
        (f"ip -netns {ROUTER} -batch -", "link delete cp-1\n"),
        ("ip netns delete hf-dev.cp-1", ""),
    ]


def test_a_machine_is_plugged_in_with_its_own_address_and_gateway(host: Host) -> None:
    Network(LAB).plug(machine("worker-2"))
    (_, at_router), (_, inside) = host.told[-2:]
    assert "link set worker-2 master zone-b" in at_router
    assert f"address add {machine('worker-2').address}/24 dev eth0" in inside
    assert f"route add default via {machine('worker-2').gateway}" in inside


def test_nothing_addressed_to_a_lab_leaves_the_host(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Network, "_complete", lambda _: False)
    Network(LAB).create()
    _, on_host = host.told[-1]
    black, *others = on_host.splitlines()
    assert black.startswith("route replace blackhole 198.18.0.0/15 metric ")
    assert f"route replace {LAB.machine_net} via {LAB.router_address} dev hf-dev" in others


def test_the_router_knows_the_way_to_every_node_s_pods(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Network, "_complete", lambda _: False)
    Network(LAB).create()
    routes = "".join(stdin for _, stdin in host.told)
    for m in LAB.machines:
        assert (f"route replace {m.pods} via {m.address}\n" in routes) is m.runs_kubelet
