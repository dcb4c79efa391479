"""The balancers in front of the apiservers, and what several defects do to them."""

from __future__ import annotations

import csv
from collections.abc import Callable

from chaos.cluster.addresses import has_address
from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

CONFIG = "/etc/haproxy/haproxy.cfg"
BACKEND = "apiservers"
CALLS = 12
"""Three for each apiserver, and some: of fewer nothing is concluded."""


class ServerWithoutCheck(Defect):
    """One of two balancers never looks at one apiserver: it sends clients there when it is dead.

    While all live nobody notices, and half the time not even then. Dead, silent or about to end:
    that balancer never gives it up, which is what three more items are about.
    """

    name = "server-without-check"
    item = "balancer-checks-apiservers"
    also = frozenset({"balancer-ejects-dead", "balancer-ejects-silent", "apiserver-shutdown-delay"})
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
    return {row["svname"]: row["status"] for row in servers(bench, balancer)}


def servers(bench: Bench, balancer: str) -> list[dict[str, str]]:
    """What a balancer's statistics say of each apiserver."""
    told = bench.on(balancer, "curl --silent --fail 'http://127.0.0.1:8404/stats;csv'")
    rows = csv.DictReader(told.lstrip("# ").splitlines())
    return [
        row
        for row in rows
        if row["pxname"] == BACKEND and row["svname"] not in ("BACKEND", "FRONTEND")
    ]


def until_all_up(bench: Bench, balancer: str) -> None:
    """Wait until a balancer has every apiserver, and has it up."""
    wanted = {m.name: "UP" for m in bench.fleet.plan.control_planes}
    what = f"{balancer} has every apiserver up"
    until(lambda: seen_by(bench, balancer) == wanted, what, timeout=30)


def called(bench: Bench, balancer: str) -> list[int]:
    """Call the API through a balancer; how many connections it has given to each so far."""
    call = "curl --silent --insecure --output /dev/null https://127.0.0.1:6443/readyz"
    bench.on(balancer, f"for n in $(seq {CALLS}); do {call}; done")
    return [int(row["stot"]) for row in servers(bench, balancer)]


def holder(bench: Bench) -> str:
    """The balancer that clients use now."""
    at = bench.fleet.plan.virtual_ip
    (found,) = (
        one.name
        for one in bench.fleet.plan.balancers
        if has_address(bench.on(one.name, "ip -o addr show dev eth0"), at)
    )
    return found


def spare(bench: Bench) -> str:
    """The balancer that no client uses now: whatever is done to it, none notices."""
    used = holder(bench)
    (found,) = (one.name for one in bench.fleet.plan.balancers if one.name != used)
    return found


def as_it_was(bench: Bench, path: str, act: Callable[[str], None]) -> None:
    """Put a file back on whichever balancers it was changed, and let that be heeded there."""
    for balancer in bench.fleet.plan.balancers:
        read = f"cat {path}"
        before = bench.on(balancer.name, read)
        bench.put_back(balancer.name, path)
        if bench.on(balancer.name, read) != before:
            act(balancer.name)
