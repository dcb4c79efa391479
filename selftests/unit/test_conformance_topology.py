"""What turns the items of the topology red, and what the evidence then names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster import facts as f
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_changes import (
    Case,
    Change,
    both,
    declared,
    flag,
    is_red,
    kubernetes,
    live,
    named,
    nodes,
    of,
    one,
    version,
    without,
)
from selftests.unit.conformance_deep import ENDPOINT, kubeconfigs
from selftests.unit.conformance_parts import API, members
from selftests.unit.conformance_parts import node as machine
from selftests.unit.conformance_programs import components
from selftests.unit.conformance_support import at, good, known, told, verdict

OWN = ("10.96.0.1", "198.51.100.100", *(f"198.51.100.2{n}" for n in (1, 2, 3)))
SERVER = "https://198.51.100.21:6443"


def watched(
    *, expected: int = 3, healthy: int = 3, allowed: bool = True, paused: bool = False
) -> Change:
    """With something that replaces machines."""
    one_more = f.HealthCheck(
        name="mgmt/workers", expected=expected, healthy=healthy, allowed=allowed, paused=paused
    )
    return lambda facts: replace(facts, replacing=(one_more,))


def more(count: int) -> Change:
    """With so many control planes, on each of which is a member of etcd."""

    def change(facts: f.Facts) -> f.Facts:
        names = [f"cp-{n}" for n in range(4, count + 1)]
        like = machine("cp-4", 4, "control-plane", "etcd")
        nodes = (*known(facts.nodes), *(replace(like, name=name) for name in names))
        return replace(facts, nodes=nodes, etcd=members(count))

    return change


def kubeconfig(node: str, name: str, server: str) -> Change:
    """With another server in a kubeconfig of a machine."""
    path = f"/etc/kubernetes/{name}.conf"

    def change(facts: f.Facts) -> f.Facts:
        files = known(facts.kubeconfigs[node])
        at_path = [one.path for one in files].index(path)
        return of("kubeconfigs", node, at(files, at_path, server=server))(facts)

    return change


def ill(node: str) -> Change:
    """With an apiserver that says that it is not ready."""

    def change(facts: f.Facts) -> f.Facts:
        answers = known(facts.health)
        which = [(one.node, one.path) for one in answers].index((node, "/readyz"))
        return replace(facts, health=at(answers, which, code=500))

    return change


def on_one_host(facts: f.Facts) -> f.Facts:
    """With an etcd whose machines are virtual, and all on one host."""
    machines = (replace(machine(f"etcd-{n}", n, "etcd"), host="h1") for n in (1, 2, 3))
    return replace(facts, nodes=(*known(facts.nodes), *machines), etcd=members(3, first="etcd"))


def balanced(node: str) -> Change:
    """With a scheduler that is one behind, and goes to all apiservers."""
    conf = f.KubeconfigFile(path="/etc/kubernetes/scheduler.conf", server=ENDPOINT)
    return both(
        version("kube-scheduler", node, "v1.35.1"),
        of("kubeconfigs", node, (conf, *(k for k in kubeconfigs(node) if k.path != conf.path))),
    )


RED: list[Case] = [
    ("nodes-replaced", watched(expected=0, healthy=0), "mgmt/workers watches no machine"),
    ("nodes-replaced", watched(healthy=1, allowed=False), "may replace none now: 1 of 3 machines"),
    ("nodes-replaced", watched(paused=True), "mgmt/workers is paused: nothing is replaced"),
    ("nodes-replaced", watched(healthy=2), "2 of 3 machines are healthy, and the others"),
    (
        "control-planes-odd",
        nodes(2, roles=("control-plane", "spare")),
        "2 control planes (cp-1, cp-2)",
    ),
    (
        "control-planes-odd",
        more(4),
        "4 control planes (cp-1, cp-2, cp-3, cp-4): 3 may be lost, and 1 of etcd's 4 voters, no",
    ),
    (
        "control-planes-odd",
        both(declared(etcd_topology=None), more(4)),
        "no more than with 3: the last one gains nothing",
    ),
    ("control-planes-odd", more(9), "4 of etcd's 9 voters; with more than 7 each write waits"),
    (
        "control-planes-over-hosts",
        kubernetes(1, machine="machine of cp-1"),
        "cp-1, cp-2 have the machine id in common",
    ),
    (
        "control-planes-over-hosts",
        kubernetes(1, boot="boot of cp-1"),
        "cp-1, cp-2 have the boot id in common",
    ),
    (
        "control-planes-over-hosts",
        both(nodes(0, host="h1"), nodes(1, host="h1"), nodes(2, host="h2")),
        "h1 holds cp-1, cp-2 of etcd: without it 1 are left of 2",
    ),
    (
        "control-planes-over-hosts",
        lambda facts: on_one_host(facts),
        "h1 holds etcd-1, etcd-2, etcd-3 of etcd: without it 0 are left of 2",
    ),
    (
        "zone-loss-leaves-control-plane",
        without("kube-scheduler"),
        "without the zone a there is no kube-scheduler (all run there: cp-1)",
    ),
    (
        "zone-loss-leaves-control-plane",
        both(without("kube-scheduler"), kubernetes(0, ready=False)),
        "no kube-scheduler runs on a node that is Ready and not spare, but on cp-1",
    ),
    (
        "zone-loss-leaves-control-plane",
        both(without("kube-scheduler"), nodes(0, roles=("control-plane", "spare"))),
        "no kube-scheduler runs on a node that is Ready and not spare, but on cp-1",
    ),
    (
        "zone-loss-leaves-control-plane",
        both(without("kube-scheduler"), of("components", "cp-1", components("cp-1")[:3])),
        "no kube-scheduler runs on a node that is Ready and not spare",
    ),
    (
        "zone-loss-leaves-control-plane",
        both(nodes(1, zone="a"), kubernetes(1, zone="a")),
        "without the zone a there is 1 voters of etcd, and a quorum is 2",
    ),
    (
        "endpoint-is-balanced-name",
        one("kubeadm", endpoint="198.51.100.21:6443"),
        "which is cp-1 alone",
    ),
    ("endpoint-is-balanced-name", one("kubeadm", endpoint=""), "no control plane can be joined"),
    (
        "endpoint-is-balanced-name",
        one("kubeadm", endpoint="api.dev.holdfast.test:443"),
        "the port is 6443",
    ),
    (
        "endpoint-is-a-name",
        one("kubeadm", endpoint="198.51.100.100:6443"),
        "kubeadm's controlPlaneEndpoint is 198.51.100.100, an address",
    ),
    (
        "endpoint-is-a-name",
        declared(endpoint_name="fd00::10"),
        "the inventory's endpoint is fd00::10, an address",
    ),
    (
        "kubeadm-cert-sans",
        one("kubeadm", cert_sans=(), endpoint="other:6443"),
        "certSANs lack 198.51.100.100, api.dev.holdfast.test",
    ),
    (
        "kubeadm-cert-sans",
        live(
            "apiserver", "cp-2", names=("kubernetes", "old.example.test", "api.dev.holdfast.test")
        ),
        "of cp-2 is for old.example.test as well",
    ),
    (
        "kubeadm-cert-sans",
        live("apiserver", "cp-2", addresses=(*OWN, "203.0.113.7")),
        "of cp-2 is for 203.0.113.7 as well, which certSANs lack",
    ),
    (
        "kubeadm-cert-sans",
        one("kubeadm", cert_sans=(API, "198.51.100.100")),
        "of cp-1 is for 198.51.100.22, 198.51.100.23 as well, which certSANs lack",
    ),
    (
        "workers-use-endpoint",
        of(
            "kubeconfigs",
            "worker-2",
            (f.KubeconfigFile(path="/etc/kubernetes/kubelet.conf", server=SERVER),),
        ),
        f"kubelet on worker-2 goes to {SERVER}, which is cp-1 alone",
    ),
    (
        "workers-use-endpoint",
        of(
            "kubeconfigs",
            "cp-2",
            (f.KubeconfigFile(path="/etc/kubernetes/kubelet.conf", server=SERVER),),
        ),
        "kubelet on cp-2 goes to",
    ),
    (
        "workers-use-endpoint",
        kubeconfig("cp-2", "kubelet", "https://198.51.100.22:8443"),
        "kubelet on cp-2 goes to https://198.51.100.22:8443: its own apiserver's port is 6443",
    ),
    (
        "control-plane-uses-endpoint",
        kubeconfig("cp-2", "scheduler", SERVER),
        f"scheduler.conf on cp-2 goes to {SERVER}, which is cp-1 alone",
    ),
    (
        "control-plane-uses-endpoint",
        kubeconfig("cp-1", "controller-manager", "https://gone.test:6443"),
        "controller-manager.conf on cp-1 goes to https://gone.test:6443, and not to",
    ),
    (
        "control-plane-uses-endpoint",
        kubeconfig("cp-1", "admin", SERVER),
        f"admin.conf on cp-1 goes to {SERVER}, which is cp-1 alone",
    ),
    (
        "kube-proxy-uses-endpoint",
        of("pointers", "kube-proxy", SERVER),
        "kube-proxy goes to https://198.51.100.21:6443, which is cp-1 alone",
    ),
    (
        "cluster-info-uses-endpoint",
        of("pointers", "cluster-info", "https://gone.test:6443"),
        "cluster-info goes to https://gone.test:6443, and not to api.dev",
    ),
    (
        "kubernetes-service-endpoints",
        lambda facts: replace(facts, apiservers=(*known(facts.apiservers), "198.51.100.29:6443")),
        "198.51.100.29:6443 (unknown), where nobody answers",
    ),
    (
        "kubernetes-service-endpoints",
        lambda facts: replace(facts, apiservers=known(facts.apiservers)[:2]),
        "it does not send to 198.51.100.23:6443 (cp-3), which answers",
    ),
    (
        "kubernetes-service-endpoints",
        lambda facts: replace(facts, apiservers=()),
        "it has no endpoint",
    ),
    (
        "kubernetes-service-endpoints",
        ill("cp-2"),
        "it sends to 198.51.100.22:6443 (cp-2), which answers 500 on /readyz",
    ),
    (
        "version-skew",
        version("kube-apiserver", "cp-1", "v1.38.0"),
        "more than one minor version apart",
    ),
    (
        "version-skew",
        kubernetes(4, kubelet="v1.32.9"),
        "kubelet on worker-2 is v1.32.9, more than 3 behind v1.36",
    ),
    (
        "version-skew",
        kubernetes(4, kubelet="v1.37.0"),
        "kubelet on worker-2 is v1.37.0, newer than the oldest apiserver",
    ),
    (
        "version-skew",
        both(version("kube-apiserver", "cp-1", "v1.37.0"), kubernetes(4, kubelet="v1.33.1")),
        "kubelet on worker-2 is v1.33.1, more than 3 behind v1.37",
    ),
    (
        "version-skew",
        both(version("kube-apiserver", "cp-1", "v1.37.0"), kubernetes(4, kubelet="v1.37.0")),
        "kubelet on worker-2 is v1.37.0, newer than the oldest apiserver that it goes to (v1.36)",
    ),
    (
        "version-skew",
        version("kube-scheduler", "cp-3", "v1.37.0"),
        "kube-scheduler on cp-3 is v1.37.0, newer than the oldest apiserver",
    ),
    (
        "version-skew",
        both(version("kube-apiserver", "cp-1", "v1.37.0"), balanced("cp-2")),
        "kube-scheduler on cp-2 is v1.35.1, more than 1 behind v1.37",
    ),
    (
        "version-skew",
        version("kube-scheduler", "cp-3", "v1.34.1"),
        "kube-scheduler on cp-3 is v1.34.1, more than 1 behind",
    ),
    (
        "control-plane-versions-equal",
        version("kube-scheduler", "cp-3", "v1.36.1"),
        "kube-scheduler has several versions: v1.36.1 on cp-3; v1.36.2 on cp-1, cp-2",
    ),
    (
        "control-plane-taints",
        kubernetes(1, taints=()),
        "cp-2 has no taint node-role.kubernetes.io/control-plane",
    ),
    (
        "spare-control-planes",
        nodes(2, roles=("control-plane", "spare")),
        "cp-3 is spare by the inventory, and lb-1 sends clients to it",
    ),
    (
        "spare-control-planes",
        both(nodes(2, roles=("control-plane", "spare")), nodes(2, kubernetes=None)),
        "cp-3 is spare and has not joined",
    ),
]


@pytest.mark.parametrize(("item", "change", "said"), named(RED))
def test_what_is_wrong_is_told_by_name(item: str, change: Change, said: str) -> None:
    is_red(item, change, said)


IPV6 = declared(endpoint_name="fd00:0::10", endpoint_address=None)
SOUND: list[tuple[str, Change]] = [
    ("endpoint-is-balanced-name", both(IPV6, one("kubeadm", endpoint="fd00::10"))),
    ("endpoint-is-balanced-name", both(IPV6, one("kubeadm", endpoint="[FD00::10]:6443"))),
    ("kubeadm-cert-sans", both(IPV6, one("kubeadm", endpoint="fd00::10"))),
    (
        "control-plane-uses-endpoint",
        both(
            kubeconfig("cp-1", "scheduler", f"https://{API}:6443"),
            kubeconfig("cp-2", "scheduler", "https://127.0.0.1:6443"),
        ),
    ),
    (
        "control-plane-uses-endpoint",
        both(
            kubeconfig("cp-1", "scheduler", "https://192.0.2.1:7443"),
            kubeconfig("cp-1", "controller-manager", "https://198.51.100.21:7443"),
            flag("kube-apiserver", "secure-port", "7443", "cp-1"),
            flag("kube-apiserver", "advertise-address", "192.0.2.1", "cp-1"),
        ),
    ),
    (
        "kubeadm-cert-sans",
        both(
            live("apiserver", "cp-1", addresses=(*OWN, "192.0.2.1")),
            flag("kube-apiserver", "advertise-address", "192.0.2.1", "cp-1"),
        ),
    ),
    *(
        (item, declared(endpoint_name="API.dev.holdfast.test"))
        for item in ("endpoint-is-balanced-name", "kubeadm-cert-sans", "workers-use-endpoint")
    ),
]


@pytest.mark.parametrize(("item", "change"), SOUND, ids=range(len(SOUND)))
def test_what_is_sound_stays_green(item: str, change: Change) -> None:
    facts = change(good())
    assert verdict(item, facts) is Verdict.PASS, told(item, facts)


def test_an_endpoint_that_is_no_place_is_no_traceback() -> None:
    facts = one("kubeadm", endpoint="api.dev.holdfast.test:many")(good())
    assert verdict("endpoint-is-balanced-name", facts) is Verdict.FAIL


@pytest.mark.parametrize(
    ("version_of_it", "said"), [("v1.30.9", "by hand"), ("v1.33.0", "as kubeadm's")]
)
def test_a_kubelet_at_home_is_told_by_its_version(version_of_it: str, said: str) -> None:
    facts = kubernetes(0, kubelet=version_of_it)(good())
    assert "kubelet on cp-1 goes to its own apiserver" in told("workers-use-endpoint", facts)
    assert said in told("workers-use-endpoint", facts).splitlines()[0]
