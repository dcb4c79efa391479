"""What Pods may reach."""

from __future__ import annotations

import json
from typing import Any

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

FILTER, TABLE = "/usr/local/lib/machine/pods.nft", "table inet machine-pods"
CUT = "table inet planted-cut"


class PolicyForSome(Defect):
    """The policy that lets nobody in was narrowed to one workload: all others are open."""

    name = "policy-for-some"
    item = "network-policies-declared"
    evidence = r"^the namespace shop has no NetworkPolicy that selects all .* \(default-deny, web\)"

    def plant(self, bench: Bench) -> None:
        _select(bench, {"matchLabels": {"app": "planted"}})

    def mend(self, bench: Bench) -> None:
        _select(bench, {})


class NoEnforcer(Defect):
    """What the lab has all the time and waives: its network plugin heeds no NetworkPolicy."""

    name = "no-enforcer"
    item = "network-policies-enforced"
    evidence = r"^\S+ to \S+, which NetworkPolicy shop/\S+ forbids: it was connected"

    def plant(self, bench: Bench) -> None:
        unwaive(bench, self.item)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()


class EtcdOpen(Defect):
    """The packet filter of one control plane forgets etcd: Pods see it, if nothing more."""

    name = "etcd-open"
    item = "etcd-closed-to-pods"
    evidence = r"^a Pod on \S+ was connected to etcd, [\d.]+:2379"

    def plant(self, bench: Bench) -> None:
        _open(bench, "cp-1", "2379-2381")

    def mend(self, bench: Bench) -> None:
        _close(bench, "cp-1")


class KubeletOpen(Defect):
    """The packet filter of one worker forgets its kubelet, which starts and ends all its Pods."""

    name = "kubelet-open"
    item = "kubelet-closed-to-pods"
    evidence = r"^a Pod on \S+ was connected to a kubelet, [\d.]+:10250"

    def plant(self, bench: Bench) -> None:
        _open(bench, "worker-1", "10250")

    def mend(self, bench: Bench) -> None:
        _close(bench, "worker-1")


class StatisticsOpen(Defect):
    """The packet filter of one balancer forgets HAProxy's own page; HAProxy still refuses them."""

    name = "statistics-open"
    item = "balancer-closed-to-pods"
    evidence = r"^a Pod on \S+ was connected to a balancer's own port, [\d.]+:8404"

    def plant(self, bench: Bench) -> None:
        _open(bench, "lb-2", "8404")

    def mend(self, bench: Bench) -> None:
        _close(bench, "lb-2")


class OneApiserverWithoutOneKubelet(Defect):
    """What one control plane sends to one worker's kubelet is dropped, and nothing else is.

    All that is measured or asked from elsewhere still comes there, and the worker stays Ready: its
    kubelet calls the API, not the other way round.
    """

    name = "one-apiserver-without-one-kubelet"
    item = "apiservers-reach-kubelets"
    evidence = r"^the apiserver of cp-2 does not reach the kubelet of worker-1 \(no answer within"

    def plant(self, bench: Bench) -> None:
        address = bench.machine("worker-1").address
        drop = f"ip daddr {address} tcp dport 10250 drop"
        chain = (
            f"chain output {{ type filter hook output priority filter; policy accept; {drop}; }}"
        )
        rules = f"{CUT}\ndelete {CUT}\n{CUT} {{\n{chain}\n}}\n"
        bench.on("cp-2", "nft --file -", stdin=rules)

    def mend(self, bench: Bench) -> None:
        bench.on("cp-2", "nft --file -", stdin=f"{CUT}\ndelete {CUT}\n")
        server = f"--server=https://{bench.machine('cp-2').address}:6443"
        asked = ("get", "--raw=/api/v1/nodes/worker-1/proxy/healthz", server)
        # The apiserver may still wait on a connection that was cut: it gives it up after 45 s.
        until(
            lambda: bench.kubectl(*asked).strip() == "ok",
            "cp-2 reaches worker-1's kubelet",
            timeout=90,
        )


def unwaive(bench: Bench, item: str) -> None:
    """Take a waiver out of the inventory: what it excused counts."""

    def change(inventory: Any) -> None:
        kept = [one for one in inventory["waivers"] if one["id"] != item]
        assert len(kept) < len(inventory["waivers"]), f"{item} is not waived"
        inventory["waivers"] = kept

    bench.change_inventory(change)


def _select(bench: Bench, selector: dict[str, Any]) -> None:
    patch = [{"op": "replace", "path": "/spec/podSelector", "value": selector}]
    words = ("networkpolicy", "default-deny", "--namespace=shop", "--type=json")
    bench.kubectl("patch", *words, f"--patch={json.dumps(patch)}")


def _open(bench: Bench, machine: str, ports: str) -> None:
    bench.change_file(machine, FILTER, lambda text: text.replace(f" {ports},", ""))
    _load(bench, machine)


def _close(bench: Bench, machine: str) -> None:
    bench.put_back(machine, FILTER)
    _load(bench, machine)


def _load(bench: Bench, machine: str) -> None:
    # All at once: made if it is not there, deleted, made anew.
    bench.on(machine, f"{{ echo '{TABLE}'; echo 'delete {TABLE}'; cat {FILTER}; }} | nft --file -")
