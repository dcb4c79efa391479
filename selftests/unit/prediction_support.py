"""What the selftests of chaos.prediction share: the lab's own settings, and kubeadm's guide's."""

from __future__ import annotations

from chaos.cluster.facts import Component
from chaos.cluster.haproxy import parse_haproxy
from chaos.cluster.keepalived import parse_keepalived
from chaos.cluster.settings import HaproxyFile, KeepalivedFile, Settings
from chaos.faults import Scene, TargetNode
from chaos.measure.probe import ProbeSpec
from lab.plan import Machine, plan
from lab.spec import Spec
from lab.templates import render

LAB = plan(Spec(subnet=0))
CP1, CP2, _ = LAB.control_planes
LB1, LB2 = LAB.balancers

# What kubeadm's ha-considerations.md says to HAProxy of time and checks; `server` lines as there,
# with nothing but `check`. Its check speaks TLS; an earlier version's only greeted.
_GUIDE = """\
defaults
    mode                    http
    option                  redispatch
    retries                 1
    timeout queue           20s
    timeout connect         5s
    timeout client          35s
    timeout server          35s
    timeout check           10s

frontend apiserver
    bind *:6443
    mode tcp
    default_backend apiserverbackend

backend apiserverbackend
{check}
    mode tcp
    balance     roundrobin
    server cp-1 198.51.100.21:6443 check verify none
    server cp-2 198.51.100.22:6443 check verify none
    server cp-3 198.51.100.23:6443 check verify none
"""
GUIDE = _GUIDE.format(
    check="""\
    option httpchk
    http-check connect ssl
    http-check send meth GET uri /healthz
    http-check expect status 200"""
)
OLD_GUIDE = _GUIDE.format(
    check="""\
    option httpchk GET /healthz
    http-check expect status 200
    option ssl-hello-chk"""
)


def probe(kind: str, *, path: str = "endpoint", **options: object) -> ProbeSpec:
    return ProbeSpec(kind, kind, path, "x:y", 20.0, options=options)


NEW, KEPT, ONE, WRITE = (
    probe(kind) for kind in ("api-read-new", "api-read-reused", "api-read-http2", "api-write")
)


def haproxy_file(text: str) -> HaproxyFile:
    return HaproxyFile(path="haproxy.cfg", text=text, config=parse_haproxy(text))


def keepalived_file(text: str) -> KeepalivedFile:
    return KeepalivedFile(path="keepalived.conf", text=text, config=parse_keepalived(text))


def lab_keepalived(machine: Machine) -> str:
    others = [one for one in LAB.balancers if one != machine]
    return render("balancer/keepalived.conf.j2", plan=LAB, machine=machine, others=others)


LAB_HAPROXY = render("balancer/haproxy.cfg.j2", plan=LAB)


def settings(haproxy: str = LAB_HAPROXY, *, leader: str = "cp-1", stacked: bool = True) -> Settings:
    """The lab's, or those of another HAProxy."""
    servers = "127.0.0.1" if stacked else ",https://".join(["198.51.100.41", "198.51.100.42"])
    return Settings(
        port=6443,
        addresses={machine.name: machine.address for machine in LAB.machines},
        haproxy={machine.name: haproxy_file(haproxy) for machine in LAB.balancers},
        keepalived={m.name: keepalived_file(lab_keepalived(m)) for m in LAB.balancers},
        holder="lb-1",
        components={
            machine.name: (
                component(machine.name, "kube-controller-manager"),
                component(machine.name, "kube-scheduler"),
                component(machine.name, "etcd", heartbeat_interval="100", election_timeout="1000"),
                component(machine.name, "kube-apiserver", etcd_servers=f"https://{servers}:2379"),
            )
            for machine in LAB.control_planes
        },
        leader=leader,
        members=3,
        kubernetes="v1.36.2",
    )


def component(node: str, name: str, **flags: str) -> Component:
    written = {flag.replace("_", "-"): value for flag, value in flags.items()}
    return Component(node=node, name=name, flags=written, source="process")


def scene(*machines: Machine, etcd: str = "stacked") -> Scene:
    stacked = {"control-plane": ["etcd"]} if etcd == "stacked" else {}
    return Scene(
        targets=tuple(
            TargetNode(
                name=machine.name,
                address=machine.address,
                roles=frozenset([str(machine.role), *stacked.get(str(machine.role), [])]),
                zone=machine.zone or "",
            )
            for machine in machines
        ),
        etcd=etcd,
        virtual_ip=LAB.virtual_ip,
    )
