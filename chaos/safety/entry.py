"""One entry of the undo journal: all that is needed to heal, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from chaos.safety.errors import Unhealed
from chaos.safety.plan import Command, NodeAction, Plan

VERSION = 1

T = TypeVar("T", NodeAction, Command)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord:
    """One node's part.

    Attributes:
        action: its scripts.
        before: the projection before anything was changed; None until the node was armed, and
            before that nothing can have been injected.
    """

    action: NodeAction
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one experiment may have changed.

    Attributes:
        generation: names the experiment; the folder on each node is called so.
        created: when, ISO 8601 in UTC.
        runner: who wrote it: host, pid. To be read by people.
        stage: how far it got: planned, armed, injecting, injected, healing.
        ttl: time to live of the dead man, in seconds.
    """

    generation: str
    cluster_uid: str
    fault: str
    variant: str
    created: str
    runner: Mapping[str, str]
    ttl: float
    nodes: tuple[NodeRecord, ...] = ()
    commands: tuple[Command, ...] = ()
    stage: str = "planned"

    @classmethod
    def of(
        cls, plan: Plan, *, generation: str, cluster_uid: str, created: str,
        runner: Mapping[str, str], ttl: float,
    ) -> Entry:  # fmt: skip
        """The entry of a plan of which nothing has been done yet."""
        return cls(
            generation=generation,
            cluster_uid=cluster_uid,
            fault=plan.fault,
            variant=plan.variant,
            created=created,
            runner=runner,
            ttl=ttl,
            nodes=tuple(NodeRecord(action=action) for action in plan.actions),
            commands=plan.commands,
        )

    @property
    def may_be_in(self) -> bool:
        """Whether anything may have been injected: `injecting` is on disk before it is."""
        return self.stage not in {"planned", "armed"}

    def at(self, stage: str) -> Entry:
        """The same, further on."""
        return replace(self, stage=stage)

    def seen(self, before: Mapping[str, str]) -> Entry:
        """With the projections taken before anything was changed, by node."""
        nodes = tuple(replace(n, before=before.get(n.action.node, n.before)) for n in self.nodes)
        return replace(self, nodes=nodes)

    def dump(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {"version": VERSION, **asdict(self)}


def load(data: Mapping[str, Any], *, source: str) -> Entry:
    """Read what `dump` wrote, now or in an older version.

    A field that is not known is left out: a newer version of the same number may add some.

    Args:
        source: where it came from, for the sentence when it cannot be read.

    Raises:
        Unhealed: it was written by a newer Holdfast, or is none of ours.
    """
    version = data.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise Unhealed(
            f"{source}: an undo journal of version {version!r}, and {VERSION} is the newest known.",
            "Heal with the Holdfast that wrote it, or a newer one.",
        )
    try:
        return Entry(
            generation=data["generation"],
            cluster_uid=data["cluster_uid"],
            fault=data["fault"],
            variant=data["variant"],
            created=data["created"],
            runner=dict(data["runner"]),
            ttl=float(data["ttl"]),
            nodes=tuple(
                NodeRecord(action=_only(NodeAction, n["action"]), before=n["before"])
                for n in data["nodes"]
            ),
            commands=tuple(_only(Command, c) for c in data["commands"]),
            stage=data["stage"],
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise Unhealed(f"{source} is no undo journal: {wrong!r}.") from None


def _only(kind: type[T], data: Mapping[str, Any]) -> T:
    return kind(**{field: data[field] for field in kind.__slots__})
