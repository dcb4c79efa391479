"""What balancers do, whatever their configuration says."""

from __future__ import annotations

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.balancers import (
    BACKEND,
    CALLS,
    CONFIG,
    as_it_was,
    called,
    holder,
    reload,
    seen_by,
    spare,
    until_all_up,
)


class ServerInMaintenance(Defect):
    """One apiserver was taken out of a balancer by hand for an upgrade, and never put back."""

    name = "server-in-maintenance"
    item = "balancer-sees-apiservers"
    evidence = r"^lb-\d, backend apiservers: cp-3 is configured, and the running .* as MAINT"

    def plant(self, bench: Bench) -> None:
        balancer = spare(bench)
        _tell(bench, balancer, f"disable server {BACKEND}/cp-3")
        gone = f"{balancer} has taken cp-3 out"
        until(lambda: seen_by(bench, balancer)["cp-3"] == "MAINT", gone, timeout=10)

    def mend(self, bench: Bench) -> None:
        for balancer in bench.fleet.plan.balancers:
            _tell(bench, balancer.name, f"enable server {BACKEND}/cp-3")
            until_all_up(bench, balancer.name)


class FirstOfThree(Defect):
    """The balancing method keeps to the first apiserver: the others were never proved to work."""

    name = "first-of-three"
    item = "balancer-uses-every-apiserver"
    evidence = r"^lb-\d: connections so far: cp-1 \d+, cp-2 0, cp-3 0: none went to cp-2, cp-3"

    def plant(self, bench: Bench) -> None:
        used = holder(bench)
        bench.change_file(used, CONFIG, lambda text: text.replace("leastconn", "first"))
        reload(bench, used)

        def to_one() -> bool:
            first, *others = called(bench, used)
            return first >= CALLS and not any(others)

        until(to_one, "all new connections go to the first", timeout=20)

    def mend(self, bench: Bench) -> None:
        def heed(balancer: str) -> None:
            reload(bench, balancer)
            until_all_up(bench, balancer)
            until(lambda: all(called(bench, balancer)), "each gets some", timeout=20)

        as_it_was(bench, CONFIG, heed)


class NotAtBoot(Defect):
    """keepalived was started by hand on one balancer: after the next boot it is not there."""

    name = "keepalived-not-at-boot"
    item = "balancer-services"
    evidence = r"^lb-\d: keepalived is disabled: it does not start at a boot"

    def plant(self, bench: Bench) -> None:
        bench.on(spare(bench), "systemctl --quiet disable keepalived.service")

    def mend(self, bench: Bench) -> None:
        for balancer in bench.fleet.plan.balancers:
            bench.on(balancer.name, "systemctl --quiet enable keepalived.service")


def _tell(bench: Bench, balancer: str, words: str) -> None:
    bench.on(balancer, f"echo {words} | socat - UNIX-CONNECT:/run/haproxy/admin.sock")
