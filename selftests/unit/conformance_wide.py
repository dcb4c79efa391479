"""What the wider items look at, in the selftests' cluster: each part is as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chaos.cluster import facts as f
from chaos.cluster.keepalived import parse_keepalived
from chaos.conformance.operations import INCIDENTS
from selftests.unit.conformance_parts import ADDRESS, API, HOST, NOW, certificate

GIB = 2**30
RESOLVERS = ("198.51.100.11", "198.51.100.12")
KEEPALIVED = f"""\
vrrp_script haproxy {{
    script "/usr/bin/curl http://127.0.0.1:8404/alive"
    interval 1
    timeout 2
    fall 2
}}
vrrp_instance api {{
    interface eth0
    priority 100
    advert_int 0.5
    virtual_ipaddress {{
        {ADDRESS}/24
    }}
    track_script {{
        haproxy
    }}
}}
"""


def unit(name: str, **changes: Any) -> f.Unit:
    """A service that starts at boot, runs, and is started again."""
    base = f.Unit(name=name, enabled="enabled", active=True, restart="always")
    return replace(base, **changes)


def machine(node: f.NodeFact, **changes: Any) -> f.Machine:
    """A machine that is as it should be."""
    balancer = "load-balancer" in node.roles
    names = ("haproxy", "keepalived") if balancer else ("kubelet", "containerd")
    forward = {"net.ipv4.ip_forward": "1"}
    base = f.Machine(
        host=node.name,
        units=(*map(unit, names), unit("chrony")),
        kernel=f.Kernel(live=forward, persistent=forward),
        packages=dict.fromkeys(("kubelet", "kubeadm", "kubectl"), True),
        disks=(
            f.Disk(path="/", size=60 * GIB, free=40 * GIB, inodes=4_000_000, inodes_free=3_000_000),
        ),
        clock=f.Clock(
            least=timedelta(milliseconds=-60),
            most=timedelta(milliseconds=90),
            keepers=("chrony",),
            synchronised=True,
        ),
        resolved=(
            f.Resolved(resolver="system", addresses=(ADDRESS,)),
            *(
                f.Resolved(resolver=one, addresses=(ADDRESS,), ttl=timedelta(seconds=30))
                for one in RESOLVERS
            ),
        ),
        cpus=2,
        memory=2 * GIB,
        uplinks=f.Uplinks(
            virtual="",
            routes=("bond0",),
            links=tuple(f.Link(name=name, up=True, team="bond0") for name in ("eth0", "eth1")),
        ),
    )
    return replace(base, **changes)


def kubernetes(node: f.NodeFact) -> f.NodeFact:
    """The node with what it has and what Pods may ask for."""
    if node.kubernetes is None:
        return node
    taints = ("node-role.kubernetes.io/control-plane=:NoSchedule",)
    known = replace(
        node.kubernetes,
        taints=taints if node.kubernetes.control_plane else (),
        conditions={"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False"},
        cpu=1900,
        memory=3 * GIB,
        pods=110,
        capacity_cpu=2000,
        capacity_memory=4 * GIB,
        capacity_disk=60 * GIB,
        images=("example.test/coredns:1", "example.test/web:1"),
    )
    return replace(node, kubernetes=known)


GONE = "node.kubernetes.io/unreachable"
TOLERATES = (
    f.Toleration(key=GONE, operator="Exists", effect="NoExecute", seconds=30),
    f.Toleration(
        key="node-role.kubernetes.io/control-plane", operator="Exists", effect="NoSchedule"
    ),
)


def workload(one: f.Workload) -> f.Workload:
    """The workload with what its Pods ask for."""
    pods = tuple(replace(place, started=timedelta(seconds=4)) for place in one.pods)
    asked = {"cpu": "100m", "memory": "64Mi"}
    return replace(
        one,
        pods=pods,
        containers=(
            f.Container(
                name=one.name,
                image=f"example.test/{one.name}:1",
                requests=asked,
                limits=asked,
                readiness=True,
                liveness=True,
            ),
        ),
        priority_class="critical",
        priority=1000,
        tolerations=TOLERATES if one.name == "coredns" else TOLERATES[:1],
    )


def group(one: f.Workload) -> f.PodGroup:
    """The same Pods, as the scheduler sees them."""
    return f.PodGroup(
        owner=f"ReplicaSet {one.namespace}/{one.name}-1",
        nodes=tuple(place.node or "" for place in one.pods),
        cpu=100,
        memory=64 * 2**20,
        priority=1000,
        spread={HOST: 1},
        tolerations=one.tolerations,
    )


def proxies(nodes: tuple[f.NodeFact, ...]) -> f.PodGroup:
    """A Pod of a DaemonSet on each node."""
    return f.PodGroup(
        owner="DaemonSet kube-system/kube-proxy",
        nodes=tuple(n.name for n in nodes if n.kubernetes),
        cpu=50,
        moves=False,
    )


def system(nodes: tuple[f.NodeFact, ...]) -> f.SystemFacts:
    """kube-proxy on each node, and a scheduler on each control plane."""
    names = [n.name for n in nodes if n.kubernetes]
    planes = [n.name for n in nodes if "control-plane" in n.roles]
    owners = [("kube-proxy", name, "DaemonSet kube-system/kube-proxy") for name in names]
    owners += [("kube-scheduler", name, f"Node kube-system/{name}") for name in planes]
    return f.SystemFacts(
        pods=tuple(
            f.SystemPod(
                name=f"kube-system/{what}-{name}",
                owner=owner,
                node=name,
                ready=True,
                since=timedelta(hours=1),
            )
            for what, name, owner in owners
        ),
        daemonsets=(f.DaemonSet(name="kube-system/kube-proxy", wanted=len(names)),),
    )


def target(job: str, address: str, **changes: Any) -> f.Target:
    """Something that is scraped."""
    return replace(f.Target(job=job, address=address, up=True), **changes)


RULES = {
    "APIServerDown": 'up{job="apiserver"} == 0 or absent(up{job="apiserver"})',
    "EtcdNoLeader": "etcd_server_has_leader == 0",
    "EtcdMemberDown": 'up{job="etcd"} == 0',
    "BalancerDown": 'up{job="haproxy"} == 0',
    "EtcdFailedRequests": 'rate(grpc_server_handled_total{grpc_code!="OK"}[5m]) > 0.01',
    "CertificateExpires": "x509_cert_not_after - time() < 86400 * 30",
    "BackupOld": "time() - backup_last_success > 7200 or absent(backup_last_success)",
    "NodeNotReady": 'kube_node_status_condition{condition="Ready",status="true"} == 0',
}
SERIES = {
    "APIServerDown": {'up{job="apiserver"}': 3},
    "EtcdNoLeader": {"etcd_server_has_leader": 3},
    "EtcdMemberDown": {'up{job="etcd"}': 3},
    "BalancerDown": {'up{job="haproxy"}': 2},
    "EtcdFailedRequests": {'grpc_server_handled_total{grpc_code!="OK"}': 9},
    "CertificateExpires": {"x509_cert_not_after": 12},
    "BackupOld": {"backup_last_success": 3},
    "NodeNotReady": {'kube_node_status_condition{condition="Ready",status="true"}': 6},
}


def rule(name: str, **changes: Any) -> f.AlertRule:
    """A rule that was evaluated just now, over series that there are."""
    base = f.AlertRule(
        name=name,
        query=RULES[name],
        health="ok",
        evaluated=NOW - timedelta(seconds=20),
        series=SERIES[name],
    )
    return replace(base, **changes)


def monitoring(nodes: tuple[f.NodeFact, ...]) -> f.MonitoringFacts:
    """A Prometheus that measures everything, and tells somebody."""
    targets = []
    for node in nodes:
        ports: dict[str, str] = {}
        if "control-plane" in node.roles:
            ports |= {"apiserver": "6443", "scheduler": "10259", "controller-manager": "10257"}
        if "etcd" in node.roles:
            ports["etcd"] = "2381"
        if "load-balancer" in node.roles:
            ports["haproxy"] = "8404"
        if node.kubernetes:
            ports["kubelet"] = "10250"
        targets += [target(job, f"{node.address}:{port}") for job, port in ports.items()]
    return f.MonitoringFacts(
        url="http://127.0.0.1:9090",
        at=NOW,
        targets=tuple(targets),
        rules=tuple(map(rule, RULES)),
        alertmanagers=("http://127.0.0.1:9093/api/v2/alerts",),
        receivers={"on-call": ("webhook",)},
        objectives=(
            f.Objective(name="api", query="q", value=0.9999, window=timedelta(days=12)),
            f.Objective(name="etcd leader", query="q", value=1.0, window=timedelta(days=12)),
            f.Objective(name="pod start", query="q", value=4.2, window=timedelta(days=12)),
        ),
    )


def tried(what: str, target: str, **changes: Any) -> f.FromPod:
    """A connection that was refused, as it should be."""
    source = "shop/web-1" if what == "policy" else "worker-1"
    because = ("NetworkPolicy shop/default-deny",) if what == "policy" else ()
    base = f.FromPod(
        what=what, source=source, target=target, connected=False, control=True, because=because
    )
    return replace(base, **changes)


def widened(facts: f.Facts) -> f.Facts:
    """The facts with the parts that are made here."""
    assert isinstance(facts.nodes, tuple)
    assert isinstance(facts.workloads, tuple)
    assert isinstance(facts.balancers, tuple)
    nodes = tuple(map(kubernetes, facts.nodes))
    workloads = tuple(map(workload, facts.workloads))
    health: list[tuple[str | None, str]] = [(None, f"{API}:6443")]
    health += [(n.name, f"{n.address}:6443") for n in nodes if "control-plane" in n.roles]
    return replace(
        facts,
        nodes=nodes,
        workloads=workloads,
        balancers=tuple(
            replace(one, keepalived=parse_keepalived(KEEPALIVED)) for one in facts.balancers
        ),
        components={
            name: tuple(_waiting(one) for one in found) if isinstance(found, tuple) else found
            for name, found in facts.components.items()
        },
        machines={node.name: machine(node) for node in nodes},
        health=tuple(
            f.HealthAnswer(node=node, address=address, path=path, code=200, said="ok")
            for node, address in health
            for path in ("/livez", "/readyz")
        ),
        kubelet_reach=tuple(
            f.KubeletReach(apiserver=one.name, node=to.name, by="kubelet", code=200, said="ok")
            for one in nodes
            if "control-plane" in one.roles
            for to in nodes
            if to.kubernetes
        ),
        from_pods=(
            tried("etcd", "198.51.100.21:2379"),
            tried("kubelet", "198.51.100.31:10250"),
            tried("balancer", "198.51.100.11:8404"),
            tried("policy", "10.0.0.7:53"),
        ),
        services=(
            f.ServiceFact(
                namespace="default", name="kubernetes", kind="ClusterIP", addresses=("10.96.0.1",)
            ),
        ),
        webhooks=(
            f.Webhook(
                configuration="validating policy",
                name="policy.example.test",
                fail_closed=True,
                seconds=3,
                service="policy/webhook",
                ready=2,
                authorities=(certificate(),),
            ),
        ),
        network=f.NetworkFacts(
            namespaces=("shop",),
            policies=(
                f.Policy(
                    namespace="shop",
                    name="default-deny",
                    everyone=True,
                    denies=("Ingress", "Egress"),
                ),
                f.Policy(namespace="shop", name="web", everyone=False),
            ),
        ),
        pods=(*map(group, workloads), proxies(nodes)),
        system=system(nodes),
        monitoring=monitoring(nodes),
        operations=f.OperationsFacts(
            runbooks=tuple(
                f.Runbook(incident=one, where=f"runbooks/{one}.md", found=True) for one in INCIDENTS
            ),
            drills=dict.fromkeys(("restore", "failover", "renewal"), NOW - timedelta(days=20)),
            history="drills",
        ),
    )


def _waiting(component: f.Component) -> f.Component:
    """The apiserver serves on for a while when it ends."""
    if component.name != "kube-apiserver":
        return component
    return replace(component, flags={**component.flags, "shutdown-delay-duration": "5s"})


Defect = tuple[str, f.Facts, str]
"""An item, facts in which it fails, and what its evidence must say."""


def ids(defects: Sequence[Defect]) -> list[str]:
    """A name for each, of which no two are alike."""
    return [f"{item}-{number}" for number, (item, _, _) in enumerate(defects)]
