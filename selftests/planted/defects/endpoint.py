"""Those who go past the balancer, or will."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

KUBELET = "/etc/kubernetes/kubelet.conf"
SCHEDULER = "/etc/kubernetes/scheduler.conf"


class EndpointIsOneMaster(Defect):
    """kubeadm's controlPlaneEndpoint is one control plane: who joins next depends on it.

    It is named by its address.
    """

    name = "endpoint-is-one-master"
    item = "endpoint-is-balanced-name"
    also = frozenset({"endpoint-is-a-name"})
    evidence = r"controlPlaneEndpoint goes to [\d.]+:6443, which is cp-1 alone"

    def plant(self, bench: Bench) -> None:
        old, new = f"{bench.fleet.plan.api_name}:6443", f"{bench.machine('cp-1').address}:6443"

        def change(text: str) -> str:
            return text.replace(f"controlPlaneEndpoint: {old}", f"controlPlaneEndpoint: {new}")

        _change(bench, "kubeadm-config", "ClusterConfiguration", change)

    def mend(self, bench: Bench) -> None:
        bench.put_back_object("configmap", "kubeadm-config", "kube-system")


class EndpointIsAnAddress(Defect):
    """kubeadm's controlPlaneEndpoint is the virtual address: it can never move."""

    name = "endpoint-is-an-address"
    item = "endpoint-is-a-name"
    evidence = r"kubeadm's controlPlaneEndpoint is [\d.]+\.100, an address"

    def plant(self, bench: Bench) -> None:
        plan = bench.fleet.plan
        old, new = f"{plan.api_name}:6443", f"{plan.virtual_ip}:6443"

        def change(text: str) -> str:
            return text.replace(f"controlPlaneEndpoint: {old}", f"controlPlaneEndpoint: {new}")

        _change(bench, "kubeadm-config", "ClusterConfiguration", change)

    def mend(self, bench: Bench) -> None:
        bench.put_back_object("configmap", "kubeadm-config", "kube-system")


class CertSansLackTheBalancer(Defect):
    """kubeadm's certSANs lack the balancer's address: the next certificate will, too."""

    name = "cert-sans-lack-the-balancer"
    item = "kubeadm-cert-sans"
    evidence = r"certSANs lack [\d.]+\.100: the next apiserver's certificate will too"

    def plant(self, bench: Bench) -> None:
        line = f"- {bench.fleet.plan.virtual_ip}"

        def change(text: str) -> str:
            return "\n".join(one for one in text.split("\n") if one.strip() != line)

        _change(bench, "kubeadm-config", "ClusterConfiguration", change)

    def mend(self, bench: Bench) -> None:
        bench.put_back_object("configmap", "kubeadm-config", "kube-system")


class WorkerPastTheBalancer(Defect):
    """One worker joined before there was a balancer: its kubelet's kubeconfig names one master.

    The file alone is changed: kubelet reads it when it starts.
    """

    name = "worker-past-the-balancer"
    item = "workers-use-endpoint"
    evidence = r"kubelet on worker-2 goes to https://[\d.]+:6443, which is cp-1 alone"

    def plant(self, bench: Bench) -> None:
        bench.change_file("worker-2", KUBELET, _to_one_master(bench))

    def mend(self, bench: Bench) -> None:
        bench.put_back("worker-2", KUBELET)


class SchedulerOfAnotherMaster(Defect):
    """One scheduler's kubeconfig was copied from another master, and leads to that one's apiserver.

    The file alone is changed: the scheduler reads it when it starts.
    """

    name = "scheduler-of-another-master"
    item = "control-plane-uses-endpoint"
    evidence = r"scheduler\.conf on cp-2 goes to https://[\d.]+:6443, which is cp-1 alone"

    def plant(self, bench: Bench) -> None:
        old, new = (bench.machine(name).address for name in ("cp-2", "cp-1"))
        bench.change_file(
            "cp-2", SCHEDULER, lambda text: text.replace(f"https://{old}:", f"https://{new}:")
        )

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-2", SCHEDULER)


class ProxyPastTheBalancer(Defect):
    """kube-proxy's kubeconfig names one master: without it Services stop to follow their Pods."""

    name = "proxy-past-the-balancer"
    item = "kube-proxy-uses-endpoint"
    evidence = r"kube-proxy goes to https://[\d.]+:6443, which is cp-1 alone"

    def plant(self, bench: Bench) -> None:
        _change(bench, "kube-proxy", "kubeconfig.conf", _to_one_master(bench))

    def mend(self, bench: Bench) -> None:
        bench.put_back_object("configmap", "kube-proxy", "kube-system")


class JoinersPastTheBalancer(Defect):
    """cluster-info names one master: nobody joins while that is gone."""

    name = "joiners-past-the-balancer"
    item = "cluster-info-uses-endpoint"
    evidence = r"cluster-info goes to https://[\d.]+:6443, which is cp-1 alone"

    def plant(self, bench: Bench) -> None:
        _change(bench, "cluster-info", "kubeconfig", _to_one_master(bench), "kube-public")

    def mend(self, bench: Bench) -> None:
        bench.put_back_object("configmap", "cluster-info", "kube-public")


def _to_one_master(bench: Bench) -> Callable[[str], str]:
    old = f"https://{bench.fleet.plan.api_name}:6443"
    return lambda text: text.replace(old, f"https://{bench.machine('cp-1').address}:6443")


def _change(
    bench: Bench,
    name: str,
    key: str,
    change: Callable[[str], str],
    namespace: str = "kube-system",
) -> None:
    """Change one text in a ConfigMap."""

    def in_it(thing: Any) -> None:
        thing["data"][key] = change(thing["data"][key])

    bench.change_object("configmap", name, namespace, in_it)
