"""What the scheduler would need to know, to find places for Pods that lost theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.cluster.facts.basics import UNREAD, NotAvailable
from chaos.cluster.facts.certificates import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """A toleration; an empty key tolerates all.

    Args:
        seconds: how long a NoExecute taint is borne; None: for ever.
    """

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    seconds: int | None = None

    def tolerates(self, taint: str) -> bool:
        """Whether it tolerates a taint, `KEY=VALUE:EFFECT`."""
        body, _, effect = taint.rpartition(":")
        key, _, value = body.partition("=")
        if self.effect and self.effect != effect:
            return False
        if self.operator == "Exists":
            return self.key in ("", key)
        return self.key == key and self.value == value


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A requirement on a node's labels."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a node with these labels meets it."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt":
                try:
                    left, right = int(value or ""), int(self.values[0])
                except (ValueError, IndexError):
                    return False
                return left > right if self.operator == "Gt" else left < right
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Which nodes a required spread counts, and how many places it wants.

    Args:
        labels: only those that its selector and affinity to nodes let it on.
        taints: only those whose taints it tolerates; by default also the others.
        places: with fewer of them (minDomains) the emptiest counts as empty.
    """

    labels: bool = True
    taints: bool = False
    places: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PodGroup:
    """The Pods of one controller, which ask for the same.

    Args:
        owner: `KIND NAMESPACE/NAME`; of a Pod without a controller `Pod NAMESPACE/NAME`.
        nodes: where each of them is.
        cpu: what one asks for, in thousandths of a processor; memory in bytes.
        more: what else one asks for, by its name, as `nvidia.com/gpu`.
        ports: those of the node that it takes, `ADDRESS/PROTOCOL/PORT`; no address: of all.
        moves: whether it is made anew elsewhere: not a DaemonSet's, a node's own, a lone Pod's.
        apart: labels of nodes over which no two may be together (required anti-affinity).
        beside: labels over which it must be with other Pods (required affinity to Pods).
        spread: by label, how uneven they may be at most (required spread).
        counted: by the same label, how that counts; not known in older facts.
        anywhere: the terms of which a node must meet one; each is a list of requirements.
        bound: what its volumes ask of a node.
    """

    owner: str
    nodes: tuple[str, ...]
    cpu: int = 0
    memory: int = 0
    more: Mapping[str, int] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    priority: int = 0
    moves: bool = True
    apart: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    spread: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, Counted] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    anywhere: tuple[tuple[Requirement, ...], ...] = ()
    bound: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook that the API asks before it takes an object.

    Args:
        configuration: `KIND NAME`.
        service: `NAMESPACE/NAME`; None where it has a URL.
        ready: how many endpoints of the Service are ready; None where that is not known.
        catches: the objects of its own namespace or of the nodes' and the system's that it would
            be asked for, as words.
        perhaps: those of them of which that cannot be told from here.
        authorities: the certificates of its caBundle; none where it is empty: then the apiserver
            goes by the roots of its own machine.
    """

    configuration: str
    name: str
    fail_closed: bool
    seconds: int
    service: str | None
    ready: int | None = None
    catches: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    authorities: tuple[Certificate | NotAvailable, ...] | NotAvailable = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFact:
    """A Service and the addresses that it answers on."""

    namespace: str
    name: str
    kind: str
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A NetworkPolicy.

    Args:
        everyone: whether it selects all Pods of its namespace.
        denies: the directions (`Ingress`, `Egress`) in which it allows nothing by itself.
        opens: those in which it allows everybody on every port: policies add up.
    """

    namespace: str
    name: str
    everyone: bool
    denies: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """NetworkPolicies, of the namespaces whose workloads must survive."""

    namespaces: tuple[str, ...]
    policies: tuple[Policy, ...]
