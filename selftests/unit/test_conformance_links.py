"""Over which links a machine's default route leads: asked, read and judged."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.cluster.collect import link_question
from chaos.cluster.facts import UNREAD, Facts, Link, NotAvailable, Uplinks
from chaos.cluster.shell import Said
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_support import good, told, verdict
from selftests.unit.test_cluster_collect_nodes import asked

ITEM = "network-paths"
# What lies below what; those that are hardware have a device.
BELOW = {
    "vlan7": ("br0",),
    "br0": ("bond0", "veth1"),
    "bond0": ("eth0", "eth1"),
    "br1": ("eth3",),
    "team0": ("eth4",),
}
STATES = {"eth0": "up", "eth1": "going down", "eth2": "unknown", "eth3": "down", "eth4": "up"}
ETH0, ETH1 = Link(name="eth0", up=True, team="bond0"), Link(name="eth1", up=False, team="bond0")
ETH2, ETH3 = Link(name="eth2", up=True), Link(name="eth3", up=False)
ETH4 = Link(name="eth4", up=True, team="team0")


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's /sys/class/net, and the folder of its programs."""
    for name in {*BELOW, *STATES, "veth1", "vrf0"}:
        (tmp_path / "net" / name).mkdir(parents=True)
    for bridge in ("br0", "br1"):
        (tmp_path / "net" / bridge / "bridge").mkdir()
    for above, below in BELOW.items():
        for name in below:
            (tmp_path / "net" / above / f"lower_{name}").symlink_to(tmp_path / "net" / name)
            if above != "vlan7":
                (tmp_path / "net" / name / "master").symlink_to(tmp_path / "net" / above)
    for name, state in STATES.items():
        here = tmp_path / "net" / name
        (here / "device").mkdir()
        (here / "operstate").write_text("up" if name == "eth1" else state)
        (here / "carrier").write_text("1")
    slave = tmp_path / "net/eth1/bonding_slave"
    slave.mkdir()
    (slave / "mii_status").write_text("going down")
    (tmp_path / "net/eth2/master").symlink_to(tmp_path / "net/vrf0")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def answer(net: Path, four: str, six: str = "", virtual: str = "none") -> Uplinks | NotAvailable:
    """What is read of a machine with these routes."""
    said = f"case $3 in route) printf '%s' '{six}';; *) printf '%s' '{four}';; esac"
    for name, text in (("ip", said), ("systemd-detect-virt", f"echo {virtual}; false")):
        (net / name).write_text(f"#!/bin/sh\n{text}\n")
        (net / name).chmod(0o755)
    return link_question.read(asked(link_question.QUESTION.replace("/sys/class/net", f"{net}/net")))


@pytest.mark.parametrize(
    ("four", "six", "routes", "links"),
    [
        ("default via 192.0.2.1 dev vlan7 \n", "", ("vlan7",), (ETH0, ETH1)),
        ("default via 192.0.2.1 dev eth2 metric 5\n", "", ("eth2",), (ETH2,)),
        (
            "default proto bgp \\\tnexthop via 192.0.2.1 dev eth2 weight 1 "
            "\\\tnexthop via inet6 fe80::1 dev team0 weight 1 \n",
            "default via fe80::1 dev br1 \n",
            ("eth2", "team0"),
            (ETH2, ETH4),
        ),
        ("", "default via fe80::1 dev br1 metric 9 pref medium\n", ("br1",), (ETH3,)),
        ("default dev vrf0 \n", "", ("vrf0",), ()),
        ("", "", (), ()),
    ],
)
def test_what_lies_below_a_default_route(
    net: Path, four: str, six: str, routes: tuple[str, ...], links: tuple[Link, ...]
) -> None:
    found = answer(net, four, six)
    assert isinstance(found, Uplinks)
    assert (found.virtual, found.routes) == ("", routes)
    assert sorted(found.links, key=lambda one: one.name) == list(links)


def test_whether_it_is_virtual(net: Path) -> None:
    for says, virtual in (("kvm", "kvm"), ("systemd-nspawn", "systemd-nspawn"), ("", None)):
        found = answer(net, "", virtual=says)
        assert isinstance(found, Uplinks)
        assert found.virtual == virtual
    assert link_question.read(Said(127, "", "sh: ip: not found")) == NotAvailable(
        "sh: ip: not found"
    )


def over(*links: Link, virtual: str | None = "", routes: tuple[str, ...] = ("eth0",)) -> Facts:
    """With worker-1 reached over these."""
    return with_(Uplinks(virtual=virtual, routes=routes, links=links))


def with_(uplinks: Uplinks | NotAvailable) -> Facts:
    one = good().machines["worker-1"]
    assert not isinstance(one, NotAvailable)
    return replace(good(), machines={**good().machines, "worker-1": replace(one, uplinks=uplinks)})


FAIL, GAP = Verdict.FAIL, Verdict.NOT_COVERED


@pytest.mark.parametrize(
    ("facts", "ends", "says"),
    [
        (over(ETH0, ETH2), Verdict.PASS, "worker-1 (eth0, eth2)"),
        (over(ETH0, ETH2, ETH3), Verdict.PASS, "worker-1 (eth0, eth2)"),
        (over(ETH0, ETH1), FAIL, "worker-1: down: eth1 of bond0"),
        (over(ETH0, ETH4, ETH1), FAIL, "worker-1: down: eth1 of bond0"),
        (over(ETH2), FAIL, "worker-1: its default route leads over eth2 alone"),
        (over(ETH3), FAIL, "worker-1: its default route leads over no link that is up"),
        (over(ETH2, virtual="kvm"), GAP, "it is virtual (kvm): its network is its host's"),
        (over(ETH2, virtual=None), GAP, "whether it is a virtual machine was not told"),
        (over(routes=()), GAP, "it has no default route"),
        (over(), GAP, "no network card is seen below eth0"),
        (with_(UNREAD), GAP, "over which links worker-1 is reached: nobody looked at it"),
    ],
)
def test_how_it_is_judged(facts: Facts, ends: Verdict, says: str) -> None:
    assert verdict(ITEM, facts) is ends
    assert says in told(ITEM, facts)
