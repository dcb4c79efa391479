"""The endpoint's address: who holds it, who would take it over, and when."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.balancers import as_it_was, called, spare

CONFIG = "/etc/keepalived/keepalived.conf"
SERVICE = "planted"
# An address on lo is answered for on every cable, if one does not ask that it be not.
QUIETLY = "net.ipv4.conf.eth0.arp_ignore"


class BalancersInOneZone(Defect):
    """Both balancers stand in one zone: without it nobody answers, though two zones are well."""

    name = "balancers-in-one-zone"
    item = "balancer-no-single-point"
    evidence = r"^all of them stand in the zone a"

    def plant(self, bench: Bench) -> None:
        def change(inventory: Any) -> None:
            for part in inventory["nodes"]:
                if part["roles"] == ["load-balancer"]:
                    part["zone"] = "a"

        bench.change_inventory(change)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()


class ServiceOnTheEndpoint(Defect):
    """A Service of the cluster answers on the endpoint's address: without the API it does not.

    On another port than the API's, so that the lab's own clients are left alone.
    """

    name = "service-on-the-endpoint"
    item = "balancer-outside-cluster"
    evidence = r"^[\d.]+ is an address of the Service default/planted \(ClusterIP\)"

    def plant(self, bench: Bench) -> None:
        spec = {"ports": [{"port": 6444}], "externalIPs": [bench.fleet.plan.virtual_ip]}
        meta = {"name": SERVICE, "namespace": "default"}
        bench.apply({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})

    def mend(self, bench: Bench) -> None:
        bench.delete("service", SERVICE, "--namespace=default")


class TwoHolders(Defect):
    """Both balancers have the address, as when they no longer hear each other.

    The second one does not answer who asks for its owner: the lab's clients go on with the first.
    """

    name = "two-holders"
    item = "virtual-ip-one-holder"
    evidence = r"^lb-1, lb-2 all hold [\d.]+: who answers is chance"

    def plant(self, bench: Bench) -> None:
        add = f"ip address add {bench.fleet.plan.virtual_ip}/32 dev lo"
        second = spare(bench)
        bench.on(second, f"sysctl --quiet --write {QUIETLY}=1 && {add}")
        # Who has the address is asked how it shares out what comes: something must have come.
        called(bench, second)

    def mend(self, bench: Bench) -> None:
        delete = f"ip address delete {bench.fleet.plan.virtual_ip}/32 dev lo 2>/dev/null || true"
        for balancer in bench.fleet.plan.balancers:
            bench.on(balancer.name, f"{delete}; sysctl --quiet --write {QUIETLY}=0")


class Keepalived(Defect):
    """Something in keepalived's configuration, which takes hold when it is next started.

    On the balancer that has not got the address: it is the one that is to take it over.
    """

    @abstractmethod
    def change(self, text: str) -> str:
        """The configuration with the defect in it."""

    def plant(self, bench: Bench) -> None:
        bench.change_file(spare(bench), CONFIG, self.change)

    def mend(self, bench: Bench) -> None:
        as_it_was(bench, CONFIG, lambda _: None)


class RareAdverts(Keepalived):
    """A holder says that it is there every 10 s, and is believed to be dead after three of them."""

    name = "rare-adverts"
    item = "virtual-ip-moves-in-time"
    evidence = r"^lb-\d: 36\.1 s after its holder falls silent, .* 30 s are allowed"

    def change(self, text: str) -> str:
        return text.replace("advert_int 0.5", "advert_int 10")


class NobodyAsksHaproxy(Keepalived):
    """keepalived no longer asks whether HAProxy lives: it would hold the address without it."""

    name = "nobody-asks-haproxy"
    item = "keepalived-watches-haproxy"
    evidence = r"^lb-\d, instance api: no script: it keeps the address with HAProxy dead"

    def change(self, text: str) -> str:
        before, _, rest = text.partition("    track_script {\n")
        return before + rest.partition("    }\n")[2]


class AlwaysBeforeTheOther(Keepalived):
    """A dead HAProxy costs its machine 40 of a priority that is 50 above the other's: it stays."""

    name = "always-before-the-other"
    item = "keepalived-watches-haproxy"
    evidence = r"^lb-\d, instance api: it keeps the address with HAProxy dead: its priority"

    def change(self, text: str) -> str:
        text = text.replace("    weight -50\n", "").replace("priority 100", "priority 150")
        return text.replace("    rise 1\n", "    rise 1\n    weight -20\n")
