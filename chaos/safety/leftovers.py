"""What earlier runs left: entries of the journal here, folders, units and rules on nodes."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from chaos.safety.each import each
from chaos.safety.entry import Entry
from chaos.safety.errors import Unhealed
from chaos.safety.fence import RUN
from chaos.safety.journal import Journal
from chaos.safety.node import QUICK, NodeRunner, Nodes

# What carries our mark: folders with a fence, transient units, and what faults lay elsewhere:
# an nft table, drop-ins, files over manifests. All of it is gone after a reboot.
LOOK = r"""
for program in {run}/*/fence.sh; do
    [ -e "$program" ] || continue
    folder=${{program%/*}}
    echo "generation ${{folder##*/}}"
done
systemctl list-units --all --plain --no-legend 'holdfast-*' 2>/dev/null |
    while read -r unit _; do echo "unit $unit"; done
{{ nft list tables 2>/dev/null || :; }} | grep -x 'table inet holdfast'
for file in "${{HOLDFAST_ROOT:-}}"/run/systemd/system/*.d/zz-holdfast.conf; do
    [ ! -e "$file" ] || echo "drop-in $file"
done
for file in "${{HOLDFAST_ROOT:-}}"/etc/kubernetes/manifests/*; do
    [ -e "$file" ] || continue
    ! findmnt --raw --noheadings --output FSROOT --mountpoint "$file" 2>/dev/null |
        grep -q 'holdfast/.*/empty' || echo "mount $file"
done
:
"""

# For what has no folder any more that could undo it.
SWEEP = r"""
! nft list table inet holdfast >/dev/null 2>&1 || nft delete table inet holdfast
for file in "${HOLDFAST_ROOT:-}"/run/systemd/system/*.d/zz-holdfast.conf; do
    [ -e "$file" ] || continue
    rm "$file" && rmdir "${file%/*}" 2>/dev/null
    unit=${file%.d/*}
    systemctl daemon-reload && systemctl start "${unit##*/}"
done
for file in "${HOLDFAST_ROOT:-}"/etc/kubernetes/manifests/*; do
    ! findmnt --raw --noheadings --output FSROOT --mountpoint "$file" 2>/dev/null |
        grep -q 'holdfast/.*/empty' || umount "$file"
done
systemctl list-units --all --plain --no-legend 'holdfast-*' 2>/dev/null |
    while read -r unit _; do systemctl stop "$unit"; systemctl reset-failed "$unit"; done
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnNode:
    """What one node has of ours.

    Attributes:
        generations: folders below /run/holdfast.
        units: transient units, the dead man among them.
        marks: what lies elsewhere: tables, drop-ins, mounts.
    """

    node: str
    generations: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def armed(self) -> bool:
        """A dead man is there, waiting or at work."""
        return any(unit.startswith("holdfast-deadman.") for unit in self.units)

    def __bool__(self) -> bool:
        return bool(self.generations or self.units or self.marks)

    def __str__(self) -> str:
        return f"{self.node}: {', '.join((*self.generations, *self.units, *self.marks))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """All that was found.

    Attributes:
        entries: of the journal on the runner.
        nodes: those that have something of ours.
        unreachable: why, by node: what they have is not known.
    """

    entries: tuple[Entry, ...]
    nodes: tuple[OnNode, ...]
    unreachable: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.entries or self.nodes)

    def lines(self) -> list[str]:
        """One line each, for people."""
        return [*self.known(), *self.unknown()]

    def unknown(self) -> list[str]:
        """The nodes that could not be looked at."""
        return [f"{node}: not looked at: {why}" for node, why in self.unreachable.items()]

    def known(self) -> list[str]:
        """What was found."""
        entries = [
            f"journal: {e.generation} ({e.fault}, {e.variant}, {e.stage}, since {e.created})"
            for e in self.entries
        ]
        return entries + [str(node) for node in self.nodes]


def find(journal: Journal, nodes: Nodes, *, run: str = RUN) -> Leftovers:
    """Look here and on all nodes; changes nothing.

    Raises:
        Unhealed: an entry of the journal cannot be read.
    """
    found = each(list(nodes.values()), lambda node: look(node, run=run))
    seen = zip(nodes, found, strict=True)
    return Leftovers(
        entries=journal.entries(),
        nodes=tuple(one for one in found if isinstance(one, OnNode) and one),
        unreachable={name: str(why) for name, why in seen if isinstance(why, Exception)},
    )


def look(node: NodeRunner, *, run: str = RUN) -> OnNode:
    """Look on one node. Raises what the node raises when it cannot be reached."""
    done = node.run(LOOK.format(run=shlex.quote(run)), timeout=QUICK)
    words = [line.split(" ", 1) for line in done.out.splitlines() if " " in line]
    return OnNode(
        node=node.name,
        generations=tuple(rest for kind, rest in words if kind == "generation"),
        units=tuple(rest for kind, rest in words if kind == "unit"),
        marks=tuple(" ".join(word) for word in words if word[0] in {"table", "drop-in", "mount"}),
    )


def sweep(node: NodeRunner) -> None:
    """Take away what has our mark and no folder. Raises what the node raises."""
    node.run(SWEEP, timeout=QUICK)


def anything_armed(nodes: Iterable[NodeRunner], *, run: str = RUN) -> bool:
    """Whether a dead man is armed on any node; one that cannot be asked counts as armed."""
    found = each(list(nodes), lambda node: look(node, run=run))
    return any(isinstance(one, Exception) or one.armed for one in found)


def refuse(leftovers: Leftovers) -> None:
    """Nothing starts while something is left. Raises Unhealed, of exit code 4."""
    if leftovers:
        raise Unhealed(
            "An earlier run left something: " + "; ".join(leftovers.lines()) + ".",
            "`holdfast heal INVENTORY` takes it away.",
        )
