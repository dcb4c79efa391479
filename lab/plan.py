"""From what lab is asked for to its machines and addresses. Pure: nothing is touched.

A lab lives in one sixteenth of 198.18.0.0/15, the range that RFC 2544 reserves for benchmarks:

    198.18.{16n}.0/20   machines: .0.0/30 the host's cable, .1.0/24 zone a, .2.0/24 zone b, …,
                        .14.0/24 the edge that the balancers and the virtual IP stand on
    198.19.{16n}.0/20   pods (the lower /21, a /25 each node) and Services (the upper /21)
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from lab.spec import ZONES, Spec

EDGE_NET = 14
RANGE = "198.18.0.0/15"
GIB = 1024**3
MIB = 1024**2


class Role(StrEnum):
    """What a machine is there for."""

    CONTROL_PLANE = "control-plane"
    WORKER = "worker"
    ETCD = "etcd"
    LOAD_BALANCER = "load-balancer"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a machine may use: whole processors, and bytes of memory.

    Where the host's processors are short, it gets `weight` times what a machine of weight 1 gets.
    """

    cpus: int
    memory: int
    weight: int = 1


# Machines of their own would not wait for each other. A worker that starts a Pod may, the control
# plane may not: an apiserver whose collector wants for a processor answers nobody. Much more than
# this, and it is the workers' own Pods that answer nobody.
FIRST = 3

LIMITS = {
    Role.CONTROL_PLANE: Limits(2, 3 * GIB, FIRST),
    Role.WORKER: Limits(1, 2 * GIB),
    Role.ETCD: Limits(1, GIB, FIRST),
    Role.LOAD_BALANCER: Limits(1, 768 * MIB, FIRST),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its name, its role, where it stands and its addresses."""

    name: str
    role: Role
    zone: str
    address: str
    gateway: str
    bridge: str
    pods: str | None = None

    @property
    def limits(self) -> Limits:
        return LIMITS[self.role]

    @property
    def runs_kubelet(self) -> bool:
        return self.role in (Role.CONTROL_PLANE, Role.WORKER)


@dataclass(frozen=True, slots=True)
class Plan:
    """All machines and addresses of a lab whose subnet is settled."""

    spec: Spec
    machines: tuple[Machine, ...]

    @property
    def base(self) -> int:
        assert self.spec.subnet is not None
        return 16 * self.spec.subnet

    @property
    def machine_net(self) -> str:
        return f"198.18.{self.base}.0/20"

    @property
    def host_address(self) -> str:
        return f"198.18.{self.base}.1"

    @property
    def router_address(self) -> str:
        return f"198.18.{self.base}.2"

    @property
    def virtual_ip(self) -> str:
        return f"198.18.{self.base + EDGE_NET}.100"

    @property
    def pod_net(self) -> str:
        return f"198.19.{self.base}.0/21"

    @property
    def service_net(self) -> str:
        return f"198.19.{self.base + 8}.0/21"

    @property
    def domain(self) -> str:
        return f"{self.spec.name}.holdfast.test"

    @property
    def api_name(self) -> str:
        return f"api.{self.domain}"

    @property
    def bridges(self) -> dict[str, str]:
        """The router's bridges and their addresses with prefix lengths."""
        zones = {f"zone-{z}": f"198.18.{self.base + i}.1/24" for i, z in enumerate(self.zones, 1)}
        return zones | {"edge": f"198.18.{self.base + EDGE_NET}.1/24"}

    @property
    def zones(self) -> str:
        return ZONES[: self.spec.zones]

    def of(self, *roles: Role) -> tuple[Machine, ...]:
        """The machines of these roles, in order."""
        return tuple(m for m in self.machines if m.role in roles)

    @property
    def control_planes(self) -> tuple[Machine, ...]:
        return self.of(Role.CONTROL_PLANE)

    @property
    def balancers(self) -> tuple[Machine, ...]:
        return self.of(Role.LOAD_BALANCER)

    @property
    def monitor(self) -> Machine:
        """The machine that Prometheus runs on."""
        return self.balancers[0]

    @property
    def etcd(self) -> tuple[Machine, ...]:
        """The machines that etcd runs on."""
        return self.of(Role.ETCD) or self.control_planes

    @property
    def etcd_is_stacked(self) -> bool:
        return self.spec.etcd == "stacked"

    def machine(self, name: str) -> Machine | None:
        """The machine of this name, if there is one."""
        return next((m for m in self.machines if m.name == name), None)


def plan(spec: Spec) -> Plan:
    """Lay a lab out: machines of each role go round the zones, so that each role is spread.

    Args:
        spec: with its subnet settled.
    """
    assert spec.subnet is not None, "settle the subnet first"
    base = 16 * spec.subnet
    zones = ZONES[: spec.zones]
    pods = ipaddress.ip_network(f"198.19.{base}.0/21").subnets(new_prefix=25)
    machines: list[Machine] = []

    def add(role: Role, prefix: str, count: int, first: int) -> None:
        for i in range(count):
            at = i % len(zones)
            edge = role is Role.LOAD_BALANCER
            third = base + (EDGE_NET if edge else at + 1)
            kube = role in (Role.CONTROL_PLANE, Role.WORKER)
            machines.append(
                Machine(
                    name=f"{prefix}-{i + 1}",
                    role=role,
                    zone=zones[at],
                    address=f"198.18.{third}.{first + i}",
                    gateway=f"198.18.{third}.1",
                    bridge="edge" if edge else f"zone-{zones[at]}",
                    pods=str(next(pods)) if kube else None,
                )
            )

    add(Role.LOAD_BALANCER, "lb", spec.load_balancers, 11)
    if spec.etcd == "external":
        add(Role.ETCD, "etcd", spec.control_planes, 31)
    add(Role.CONTROL_PLANE, "cp", spec.control_planes, 11)
    add(Role.WORKER, "worker", spec.workers, 51)
    return Plan(spec, tuple(machines))
