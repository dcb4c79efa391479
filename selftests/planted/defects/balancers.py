"""The balancers in front of the apiservers."""

from __future__ import annotations

import csv

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

CONFIG = "/etc/haproxy/haproxy.cfg"
BACKEND = "apiservers"


class ServerWithoutCheck(Defect):
    """One of two balancers never looks at one apiserver: it sends clients there when it is dead.

    While all live nobody notices, and half the time not even then.
    """

    name = "server-without-check"
    item = "balancer-checks-apiservers"
    evidence = r"lb-1, backend apiservers: never checked, and sent to when dead: cp-3"

    def plant(self, bench: Bench) -> None:
        line = f"server cp-3 {bench.machine('cp-3').address}:6443"
        bench.change_file("lb-1", CONFIG, lambda text: text.replace(line, f"{line} no-check"))
        _reloaded(bench, cp3="no check")

    def mend(self, bench: Bench) -> None:
        bench.put_back("lb-1", CONFIG)
        _reloaded(bench, cp3="UP")


def reload(bench: Bench, balancer: str) -> None:
    """Let HAProxy read its configuration anew, if it is right; connections that are there stay."""
    bench.on(balancer, f"haproxy -c -q -f {CONFIG} && systemctl reload haproxy.service")


def _reloaded(bench: Bench, *, cp3: str) -> None:
    reload(bench, "lb-1")
    wanted = {m.name: "UP" for m in bench.fleet.plan.control_planes} | {"cp-3": cp3}
    until(lambda: seen_by(bench, "lb-1") == wanted, "the new HAProxy has looked", timeout=30)


def seen_by(bench: Bench, balancer: str) -> dict[str, str]:
    """How a balancer has each apiserver: `UP`, `DOWN`, `no check`, `UP 1/2` while it changes."""
    told = bench.on(balancer, "curl --silent --fail 'http://127.0.0.1:8404/stats;csv'")
    rows = csv.DictReader(told.lstrip("# ").splitlines())
    return {
        row["svname"]: row["status"]
        for row in rows
        if row["pxname"] == BACKEND and row["svname"] not in ("BACKEND", "FRONTEND")
    }
