"""Machines that are nodes, or balancers: their services, kernel, packages and disks."""

from __future__ import annotations

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.balancers import spare

WHERE = "worker-1"
SYSCTL = "/etc/sysctl.d/99-kubernetes.conf"
DPKG = "/var/lib/dpkg/status"
PACKAGE = """
Package: kubelet
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 1.36.2
Description: planted
"""
BRIDGE, PORT = "planted", "planted-port"
LOGS = "/var/log"


class KubeletNotAtBoot(Defect):
    """One worker's kubelet was started by hand: after the next boot the node does not come back."""

    name = "kubelet-not-at-boot"
    item = "node-services"
    evidence = rf"^{WHERE}: kubelet is disabled: it does not start at a boot"

    def plant(self, bench: Bench) -> None:
        bench.on(WHERE, "systemctl --quiet disable kubelet.service")

    def mend(self, bench: Bench) -> None:
        bench.on(WHERE, "systemctl --quiet enable kubelet.service")


class ForwardingUntilTheBoot(Defect):
    """One worker forwards packets, and no file says so: the next boot forgets it."""

    name = "forwarding-until-the-boot"
    item = "node-forwarding"
    evidence = rf"^{WHERE} has net\.ipv4\.ip_forward = 1, and the next boot does not set it"

    def plant(self, bench: Bench) -> None:
        bench.change_file(WHERE, SYSCTL, lambda text: text.replace("net.", "# net."))

    def mend(self, bench: Bench) -> None:
        bench.put_back(WHERE, SYSCTL)


class BridgeWithoutRules(Defect):
    """One worker has a bridge with something plugged in, as other plugins make it for Pods.

    What the rules of Services need for a bridge is set nowhere.
    """

    name = "bridge-without-rules"
    item = "node-bridge-settings"
    evidence = rf"^{WHERE} \(bridge {BRIDGE}\): "

    def plant(self, bench: Bench) -> None:
        bench.on(
            WHERE,
            f"ip link add {BRIDGE} type bridge"
            f" && ip link add {PORT} type veth peer name {PORT}s"
            f" && ip link set {PORT} master {BRIDGE}",
        )

    def mend(self, bench: Bench) -> None:
        bench.on(WHERE, f"ip link delete {PORT}; ip link delete {BRIDGE}; true")


class PackageNotHeld(Defect):
    """One worker has kubelet from a package, which the next upgrade of the system takes along."""

    name = "package-not-held"
    item = "packages-held"
    evidence = rf"^{WHERE} lets its packages be upgraded: kubelet"

    def plant(self, bench: Bench) -> None:
        bench.change_file(WHERE, DPKG, lambda text: f"{text.rstrip()}\n{PACKAGE}")

    def mend(self, bench: Bench) -> None:
        bench.put_back(WHERE, DPKG)


class LogsFull(Defect):
    """The file system of one balancer's logs has no room left."""

    name = "logs-full"
    item = "disks-room"
    evidence = rf"^lb-\d: {LOGS} has \d% free, and 15% are needed"

    def plant(self, bench: Bench) -> None:
        # In memory, small and over the true folder: nothing of the machine's own is written to.
        mount = f"mount -t tmpfs -o size=1m planted {LOGS}"
        bench.on(spare(bench), f"{mount} && head -c 1000000 /dev/zero >{LOGS}/planted")

    def mend(self, bench: Bench) -> None:
        for balancer in bench.fleet.plan.balancers:
            there = f"findmnt --noheadings --output SOURCE --mountpoint {LOGS} | grep -qx planted"
            bench.on(balancer.name, f"while {there}; do umount {LOGS}; done")
