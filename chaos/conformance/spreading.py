"""How the scheduler counts the Pods that it must spread.

A node counts by its labels and taints, not by whether it still takes a Pod: the place of a node
that died is empty, and stays one while the API has the node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from chaos.cluster.facts import Counted, KubernetesNode, NodeFact, PodGroup
from chaos.conformance.nodes import HOST

# What the node's controller puts on a node that no longer answers.
DEAD = "node.kubernetes.io/unreachable=:NoSchedule"


@dataclass(slots=True)
class Even:
    """A required spread, while Pods are placed one after the other.

    Args:
        domains: the places that it counts.
        few: whether they are fewer than it wants: then the emptiest counts as empty.
        counts: how many stand in each.
    """

    key: str
    skew: int
    domains: frozenset[str]
    few: bool
    counts: Counter[str]

    def most(self) -> int:
        """How many may stand in a place, one more among them."""
        fewest = 0 if self.few else min((self.counts[one] for one in self.domains), default=0)
        return fewest + self.skew


@dataclass(slots=True)
class Spreading:
    """What spreads count. What thousands of groups ask alike is looked up once.

    Args:
        nodes: all that the API has, by name.
        gone: those that are dead.
    """

    nodes: Mapping[str, NodeFact]
    gone: frozenset[str]
    _domains: dict[Hashable, Mapping[str, str]] = field(default_factory=dict)

    def at(self, name: str, key: str) -> str:
        """The place of a Pod's node; empty where the node is gone."""
        return domain(self.nodes[name], key) if self._alive(name) else ""

    def of(self, group: PodGroup, asked: Hashable) -> list[Even]:
        """Each spread of a group, with where its Pods stand now.

        Args:
            asked: what groups have in common that may be on the same nodes.
        """
        found = []
        for key, skew in group.spread.items():
            how = group.counted.get(key)
            where = self._where(group, asked, key, how)
            alive = [name for name in group.nodes if name in where and self._alive(name)]
            domains = frozenset(where.values())
            few = how is not None and len(domains) < how.places
            found.append(Even(key, skew, domains, few, Counter(where[name] for name in alive)))
        return found

    def _alive(self, name: str) -> bool:
        return name in self.nodes and name not in self.gone

    def _where(
        self, group: PodGroup, asked: Hashable, key: str, how: Counted | None
    ) -> Mapping[str, str]:
        """The place of each node that is counted: of those that have all the labels."""
        known = (asked, tuple(sorted(group.spread)), key, how)
        if known not in self._domains:
            self._domains[known] = {
                name: domain(node, key)
                for name, node in self.nodes.items()
                if node.kubernetes
                and all(domain(node, one) for one in group.spread)
                and self._counts(node.kubernetes, name in self.gone, group, how)
            }
        return self._domains[known]

    @staticmethod
    def _counts(node: KubernetesNode, dead: bool, group: PodGroup, how: Counted | None) -> bool:
        if how is None:
            # Facts that do not tell how: only what may be used counts.
            return not dead and node.ready and node.schedulable and may(node, group)
        if how.labels and not labelled(node, group):
            return False
        return not how.taints or tolerated((*node.taints, DEAD) if dead else node.taints, group)


def may(node: KubernetesNode, group: PodGroup) -> bool:
    """Whether a node may take a Pod of it, by labels, volumes and taints."""
    return (
        labelled(node, group)
        and all(requirement.holds(node.labels) for requirement in group.bound)
        and tolerated(node.taints, group)
    )


def labelled(node: KubernetesNode, group: PodGroup) -> bool:
    """Whether a node has the labels that it asks for."""
    if any(node.labels.get(key) != value for key, value in group.selector.items()):
        return False
    return not group.anywhere or any(
        all(one.holds(node.labels) for one in term) for term in group.anywhere
    )


def tolerated(taints: Iterable[str], group: PodGroup) -> bool:
    """Whether it tolerates all that keep Pods away."""
    hard = [taint for taint in taints if not taint.endswith(":PreferNoSchedule")]
    return all(any(one.tolerates(taint) for one in group.tolerations) for taint in hard)


def domain(node: NodeFact, key: str) -> str:
    """What a label has a node fail together with; empty without the label."""
    labels = node.kubernetes.labels if node.kubernetes else {}
    return labels.get(key, node.name if key == HOST else "")
