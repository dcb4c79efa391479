"""The endpoint's name: who knows where it is, and for how long."""

from __future__ import annotations

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

RESOLV, NAMES = "/etc/resolv.conf", "/etc/dnsmasq.d/lab.conf"
WHERE, RESOLVER = "worker-1", "lb-2"


class OneResolver(Defect):
    """One worker asks one resolver alone: without it its kubelet has lost the API."""

    name = "one-resolver"
    item = "endpoint-name-resolves"
    evidence = rf"^{WHERE}: it knows 1 resolver \([\d.]+\), and two are needed"

    def plant(self, bench: Bench) -> None:
        line = f"nameserver {bench.machine(RESOLVER).address}\n"
        bench.change_file(WHERE, RESOLV, lambda text: text.replace(line, ""))

    def mend(self, bench: Bench) -> None:
        bench.put_back(WHERE, RESOLV)


class KeptForLong(Defect):
    """One resolver lets the endpoint's address be kept for ten minutes after it has changed."""

    name = "kept-for-long"
    item = "endpoint-name-ttl"
    evidence = r"^[\d.]+ lets api\.\S+ be kept for 600 s, and 300 s are allowed"

    def plant(self, bench: Bench) -> None:
        bench.change_file(RESOLVER, NAMES, lambda text: text.replace("ttl=30\n", "ttl=600\n"))
        _restart(bench)

    def mend(self, bench: Bench) -> None:
        bench.put_back(RESOLVER, NAMES)
        _restart(bench)


def _restart(bench: Bench) -> None:
    bench.on(RESOLVER, "systemctl restart dnsmasq.service")
