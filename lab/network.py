"""The lab's network: namespaces, a router between zones, and one cable to the host.

All of it lives in namespaces of the lab's own, but for the host's end of one cable and two
routes: to the lab's sixteenth of 198.18.0.0/15, and a blackhole behind it for all of that range,
so that nothing addressed to a lab ever leaves the machine, also when the lab is down.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from lab import zone_cut
from lab.errors import LabError
from lab.plan import RANGE, Machine, Plan
from lab.shell import run

PREFIX = "hf-"
WORST_METRIC = 4294967295

# A machine that lost its power answers nothing. A router that says for it that the host cannot be
# reached would tell its peers at once what in a cloud they find out by waiting.
SILENCE = """
    table inet silence {
        chain output {
            type filter hook output priority 0;
            icmp type destination-unreachable icmp code host-unreachable drop
        }
    }
"""


def namespaces() -> list[str]:
    """The named network namespaces of this host."""
    return [line.split()[0] for line in run(["ip", "netns", "list"]).splitlines() if line.strip()]


def interfaces() -> list[str]:
    """The interfaces of this host, by name."""
    return [one["ifname"] for one in json.loads(run(["ip", "-json", "link", "show"]))]


def _batch(lines: Iterable[str], *, netns: str | None = None) -> None:
    where = ["-netns", netns] if netns else []
    run(["ip", *where, "-batch", "-"], stdin="\n".join(lines) + "\n")


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one lab."""

    plan: Plan

    @property
    def host_link(self) -> str:
        return PREFIX + self.plan.spec.name

    @property
    def router(self) -> str:
        return f"{PREFIX}{self.plan.spec.name}.router"

    def namespace(self, machine: Machine) -> str:
        """The name of a machine's namespace."""
        return f"{PREFIX}{self.plan.spec.name}.{machine.name}"

    def create(self) -> None:
        """Make router, bridges, the host's cable and routes; what half exists is made anew."""
        if self._complete():
            return
        remove(self.plan.spec.name)
        run(["ip", "netns", "add", self.router])
        ip = self.plan
        lines = ["link set lo up"]
        for name, address in ip.bridges.items():
            lines += [
                f"link add {name} type bridge forward_delay 0 stp_state 0",
                f"address add {address} dev {name}",
                f"link set {name} up",
            ]
        _batch(lines, netns=self.router)
        pods = [f"route replace {m.pods} via {m.address}" for m in ip.machines if m.pods]
        _batch(pods, netns=self.router)
        in_router = ["ip", "netns", "exec", self.router]
        settings = {"net/ipv4/ip_forward": 1, "net/bridge/bridge-nf-call-iptables": 0}
        for key, value in settings.items():
            # The second exists only where the kernel has bridge netfilter.
            script = f"test ! -e /proc/sys/{key} || echo {value} > /proc/sys/{key}"
            run([*in_router, "sh", "-c", script])
        self._nft(SILENCE)
        _batch([f"link add {self.host_link} type veth peer name host netns {self.router}"])
        _batch(
            [f"address add {ip.router_address}/30 dev host", "link set host up"], netns=self.router
        )
        _batch(
            [
                f"route replace blackhole {RANGE} metric {WORST_METRIC}",
                f"address add {ip.host_address}/30 dev {self.host_link}",
                f"link set {self.host_link} up",
                f"route replace {ip.machine_net} via {ip.router_address} dev {self.host_link}",
            ]
        )

    def _complete(self) -> bool:
        routes = json.loads(run(["ip", "-json", "route", "show", self.plan.machine_net]))
        return self.router in namespaces() and any(r.get("dev") == self.host_link for r in routes)

    def plug(self, machine: Machine) -> None:
        """Give a machine its namespace, its cable and its address, all anew."""
        self.unplug(machine)
        namespace = self.namespace(machine)
        run(["ip", "netns", "add", namespace])
        _batch(
            [
                f"link add {machine.name} type veth peer name eth0 netns {namespace}",
                f"link set {machine.name} master {machine.bridge}",
                f"link set {machine.name} up",
            ],
            netns=self.router,
        )
        _batch(
            [
                "link set lo up",
                f"address add {machine.address}/24 dev eth0",
                "link set eth0 up",
                f"route add default via {machine.gateway}",
            ],
            netns=namespace,
        )

    def unplug(self, machine: Machine) -> None:
        """Take a machine's cable and namespace away."""
        # The cable first and by itself: a namespace goes some time after its last process, and
        # until then its kernel would answer for a machine that is dead.
        self.cut(machine, delete=True)
        if self.namespace(machine) in namespaces():
            run(["ip", "netns", "delete", self.namespace(machine)])

    def cut(self, machine: Machine, *, delete: bool = False) -> None:
        """Cut a machine's cable at the router's end."""
        if machine.name in self._ports():
            verb = f"link delete {machine.name}" if delete else f"link set {machine.name} down"
            _batch([verb], netns=self.router)

    def join(self, machine: Machine) -> None:
        """Mend a machine's cable.

        Raises:
            LabError: the machine is off, and has none.
        """
        if machine.name not in self._ports():
            raise LabError(f"{machine.name} is off and has no cable to join.", "Power it on first.")
        _batch([f"link set {machine.name} up"], netns=self.router)

    def _ports(self) -> dict[str, bool]:
        """The machines that have a cable, and whether it carries."""
        links = json.loads(
            run(["ip", "-netns", self.router, "-json", "link", "show", "type", "veth"])
        )
        return {link["ifname"]: "UP" in link["flags"] for link in links}

    def cut_cables(self) -> frozenset[str]:
        """The names of the machines and zones whose cable is cut now."""
        if self.router not in namespaces():
            return frozenset()
        machines = {name for name, up in self._ports().items() if not up}
        tables = run(["ip", "netns", "exec", self.router, "nft", "list", "tables", "inet"])
        zones = {z for z in self.plan.zones if zone_cut.table(z) in tables}
        return frozenset(machines | zones)

    def cut_zone(self, zone: str) -> None:
        """Cut a zone off from all that is not in it; inside the zone all goes on.

        A balancer of the zone stands on the edge, which lies outside: it is cut off from all.
        """
        self._nft(zone_cut.rules(self.plan, zone))

    def join_zone(self, zone: str) -> None:
        """Take away what `cut_zone` did; nothing happens where it was not cut."""
        self._nft(zone_cut.without(zone))

    def _nft(self, rules: str) -> str:
        return run(["ip", "netns", "exec", self.router, "nft", "-f", "-"], stdin=rules)


def remove(name: str) -> None:
    """Remove all of a lab's network from the host, from its name alone."""
    link = PREFIX + name
    if link in interfaces():
        run(["ip", "link", "delete", link])
    # The router first: its ports are the machines' cables.
    own = [n for n in namespaces() if n.startswith(f"{link}.")]
    for namespace in sorted(own, key=lambda n: not n.endswith(".router")):
        run(["ip", "netns", "delete", namespace])


def remove_blackhole() -> None:
    """Remove the blackhole route; for when no lab is left."""
    shown = run(["ip", "route", "show", "type", "blackhole", RANGE])
    if shown.strip():
        run(["ip", "route", "delete", "blackhole", RANGE, "metric", str(WORST_METRIC)])
