"""The inventory: one YAML file that describes a cluster.

>>> inventory = load(Path("clusters/staging.yaml"))
>>> [node.name for node in inventory.with_role(Role.CONTROL_PLANE)]
['cp-1', 'cp-2', 'cp-3']
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, ValidationError

from chaos.cluster.inventory_errors import InventoryError, nearest, sentence, sentences
from chaos.cluster.inventory_parts import (
    Backups,
    ClusterPart,
    Endpoint,
    Environment,
    EtcdPart,
    LoadBalancers,
    NodePart,
    Part,
    Role,
    Text,
)
from chaos.cluster.inventory_policy import Cable, Chaos, FaultBudget, Power, Waiver
from chaos.cluster.inventory_probes import UserProbes
from chaos.cluster.inventory_rules import broken
from chaos.cluster.inventory_wide import MonitoringPart, ObjectivesPart, OperationsPart
from chaos.cluster.inventory_yaml import Document, NotYaml, read_yaml
from chaos.measure.budget import Budget

__all__ = ["Inventory", "InventoryError", "Role", "load"]

ANY = "any"


class Inventory(Part):
    """A cluster, as Holdfast needs to know it. Durations are written as 30s, 0.5s, 1m30s, 24h."""

    version: Literal[1]
    """The version of this format."""
    cluster: ClusterPart
    """Which cluster this is."""
    endpoint: Endpoint
    """The address that clients of the API use."""
    nodes: Annotated[tuple[NodePart, ...], Field(min_length=1)]
    """All machines that belong to the cluster, the balancers' too."""
    etcd: EtcdPart | None = None
    """Where etcd runs. Leave it out where somebody else runs it: a managed control plane."""
    load_balancers: LoadBalancers | None = None
    """What stands in front of the apiservers. Leave it out where it cannot be looked into."""
    backups: Backups | None = None
    """Snapshots of etcd."""
    critical_namespaces: tuple[Text, ...] = ()
    """Namespaces whose workloads must survive. The cluster's DNS is always among them, and so is
    every namespace with the label `holdfast.dev/critical=true`."""
    probes: UserProbes = UserProbes()
    """What users want to know themselves while something is broken."""
    monitoring: MonitoringPart | None = None
    """Who measures the cluster. Leave it out where nobody does: what concerns it is not covered."""
    operations: OperationsPart | None = None
    """Runbooks and drills."""
    objectives: ObjectivesPart = ObjectivesPart()
    """What is promised."""
    budgets: dict[Text, FaultBudget] = Field(default={})
    """By the fault's name; `any` for all that are not named."""
    chaos: Chaos = Chaos()
    """What may be done to this cluster."""
    waivers: tuple[Waiver, ...] = ()
    """Checks that may fail until a day."""
    power: Power | None = None
    """Commands that switch machines. Without them, faults that need them are refused."""
    cable: Cable | None = None
    """Commands that cut machines or zones off. Without them, such faults are refused."""

    _document: Document | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path:
        """The file that it was read from."""
        return Path(self._document.name) if self._document else Path("inventory.yaml")

    @property
    def folder(self) -> Path:
        """What its paths are relative to."""
        return self.file.resolve().parent

    @property
    def kubeconfig(self) -> Path:
        return self.folder / Path(self.cluster.kubeconfig).expanduser()

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that nodes stand in, in the file's order."""
        return tuple(dict.fromkeys(n.zone for n in self.nodes if n.zone))

    @property
    def needs_confirmation(self) -> bool:
        """Whether breaking anything must be confirmed for the one run."""
        return self.cluster.environment is Environment.PRODUCTION

    def where(self, *place: str | int) -> str:
        """`FILE:LINE:COLUMN` of a field, for a sentence about what it names."""
        return self._document.at(place) if self._document else str(self.file)

    def node(self, name: str) -> NodePart:
        """The node of this name.

        Raises:
            InventoryError: there is none.
        """
        found = next((n for n in self.nodes if n.name == name), None)
        if found is None:
            known = nearest(name, (n.name for n in self.nodes))
            raise InventoryError(f'{self.where("nodes")}: there is no node "{name}"{known}')
        return found

    def with_role(self, *roles: Role) -> tuple[NodePart, ...]:
        """The nodes that have one of these roles."""
        return tuple(n for n in self.nodes if set(roles) & set(n.roles))

    def allows(self, fault: str) -> bool:
        """Whether this fault is among those allowed."""
        return fault in self.chaos.allowed or "all" in self.chaos.allowed

    def budget(self, fault: str, probe: str) -> Budget:
        """What a probe may suffer under a fault: each figure from the narrowest entry that has it.

        The order is fault and probe, fault and `any`, `any` and probe, `any` and `any`.
        """
        figures: dict[str, timedelta] = {}
        for by_fault in self._budgets(fault):
            for entry in (by_fault.probes.get(probe), by_fault.probes.get(ANY)):
                given = dict(entry) if entry else {}
                figures = {k: v for k, v in given.items() if v is not None} | figures
        return Budget(**figures)

    def redundancy(self, fault: str) -> timedelta | None:
        """How long after the heal of a fault everything may take to be back."""
        figures = (b.redundancy for b in self._budgets(fault))
        return next((f for f in figures if f is not None), None)

    def _budgets(self, fault: str) -> list[FaultBudget]:
        return [self.budgets[name] for name in (fault, ANY) if name in self.budgets]


def load(file: Path, *, files: bool = True) -> Inventory:
    """Read an inventory.

    Args:
        files: whether the files that it names must be there.

    Raises:
        InventoryError: one sentence for each thing that is wrong, with its line.
    """
    try:
        document = read_yaml(file)
        inventory = Inventory.model_validate(document.plain)
    except NotYaml as wrong:
        raise InventoryError(str(wrong)) from None
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        told = f"there is no inventory {file}" if missing else f"{file}: {error.strerror}"
        raise InventoryError(told) from None
    except ValidationError as wrong:
        raise InventoryError(*sentences(document, Inventory, wrong)) from None
    inventory._document = document
    found = list(broken(inventory, file.resolve().parent, files=files))
    if found:
        found.sort(key=lambda one: document.position(one[0]))
        raise InventoryError(*(sentence(document, *one) for one in found))
    return inventory
