"""What the lab's Prometheus measures, and whom it tells."""

from __future__ import annotations

from abc import abstractmethod

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.monitoring_parts import (
    CONFIG,
    ask,
    change,
    on_monitor,
    put_back,
)

ALERTMANAGER = "/etc/prometheus/alertmanager.yml"


class Unscraped(Defect):
    """A machine that came later, and that Prometheus was not told of."""

    @property
    @abstractmethod
    def target(self) -> tuple[str, int]:
        """The machine, and the port of what is not measured on it."""

    def plant(self, bench: Bench) -> None:
        machine, port = self.target
        target = f', "{bench.machine(machine).address}:{port}"'
        change(bench, CONFIG, lambda text: text.replace(target, ""))

    def mend(self, bench: Bench) -> None:
        put_back(bench, CONFIG)


class ApiserverUnscraped(Unscraped):
    """Nobody measures the third apiserver."""

    name = "apiserver-unscraped"
    item = "scraped-apiservers"
    evidence = r"^nobody scrapes the apiserver of cp-3"
    target = ("cp-3", 6443)


class EtcdUnscraped(Unscraped):
    """Nobody measures the third member of etcd."""

    name = "etcd-unscraped"
    item = "scraped-etcd"
    evidence = r"^nobody scrapes the etcd of cp-3"
    target = ("cp-3", 2381)


class SchedulerUnscraped(Unscraped):
    """Nobody measures the third scheduler."""

    name = "scheduler-unscraped"
    item = "scraped-schedulers"
    evidence = r"^nobody scrapes the scheduler of cp-3"
    target = ("cp-3", 10259)


class ControllerManagerUnscraped(Unscraped):
    """Nobody measures the third controller-manager."""

    name = "controller-manager-unscraped"
    item = "scraped-controller-managers"
    evidence = r"^nobody scrapes the controller-manager of cp-3"
    target = ("cp-3", 10257)


class KubeletUnscraped(Unscraped):
    """Nobody measures the last worker's kubelet."""

    name = "kubelet-unscraped"
    item = "scraped-kubelets"
    evidence = r"^nobody scrapes the kubelet of worker-3"
    target = ("worker-3", 10250)


class BalancerUnscraped(Unscraped):
    """Nobody measures the second balancer."""

    name = "balancer-unscraped"
    item = "scraped-balancers"
    evidence = r"^nobody scrapes the haproxy of lb-2"
    target = ("lb-2", 8404)


class ReceiverOfNobody(Defect):
    """Alerts come as far as a receiver that tells nobody."""

    name = "receiver-of-nobody"
    item = "alerts-reach-somebody"
    evidence = r"^the alert APIServerDown ends at file, which tells nobody"

    def plant(self, bench: Bench) -> None:
        bench.change_file(bench.fleet.plan.monitor.name, ALERTMANAGER, _silent)
        _heed(bench, told=False)

    def mend(self, bench: Bench) -> None:
        bench.put_back(bench.fleet.plan.monitor.name, ALERTMANAGER)
        _heed(bench, told=True)


def _silent(text: str) -> str:
    return text.partition("    webhook_configs:")[0]


def _heed(bench: Bench, *, told: bool) -> None:
    on_monitor(bench, "systemctl reload prometheus-alertmanager.service")

    def heeds() -> bool:
        status = ask(bench, "http://127.0.0.1:9093/api/v2/status")
        return ("webhook_configs" in status) is told

    until(heeds, "Alertmanager has read its file", timeout=20)
