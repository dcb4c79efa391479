"""`holdfast heal`: take away what earlier runs left, and nothing else."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from datetime import timedelta

from chaos.safety.each import each
from chaos.safety.entry import load
from chaos.safety.errors import Unhealed
from chaos.safety.fence import RUN
from chaos.safety.healing import NodeHealed, heal_entry, heal_node
from chaos.safety.journal import Journal
from chaos.safety.leftovers import Leftovers, OnNode, find, sweep
from chaos.safety.node import QUICK, Nodes

WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """What `heal` did.

    Attributes:
        done: one line each.
        remaining: what is still there, one line each: empty is success.
        unknown: nodes that could not be looked at, and that no journal here tells of.
    """

    done: tuple[str, ...]
    remaining: tuple[str, ...]
    unknown: tuple[str, ...]


def heal(
    leftovers: Leftovers,
    journal: Journal,
    nodes: Nodes,
    *,
    within: timedelta = WITHIN,
    run: str = RUN,
) -> Healed:
    """Heal what `find` found: undo, prove, disarm, forget; then look again.

    An entry of the journal that concerns a node which is not in the inventory, or cannot be
    reached, is kept. What has our mark but no entry here is healed by the journal on the node.

    Args:
        leftovers: what was found.
        journal: the runner's.
        nodes: all of the inventory, by name.
        within: how long to try each node.
        run: Holdfast's folder on nodes.
    """
    done: list[str] = []
    for entry in leftovers.entries:
        healed = heal_entry(entry, nodes, within=within, run=run)
        lines = [_line(node) for node in healed.nodes if node.healed] + list(healed.failed)
        done += [f"{entry.generation}: {line}" for line in lines]
        if not healed.failed:
            journal.remove(entry.generation)
    known = {entry.generation for entry in leftovers.entries}
    for one in leftovers.nodes:
        for generation in sorted(set(one.generations) - known):
            done.append(_heal_folder(one, generation, nodes, within=within, run=run))
    left = find(journal, nodes, run=run)
    orphans = [one for one in left.nodes if not one.generations]
    if orphans:
        done += [f"{one}: without a folder, taken away" for one in orphans]
        each([nodes[one.node] for one in orphans], sweep)
        left = find(journal, nodes, run=run)
    return Healed(done=tuple(done), remaining=tuple(left.known()), unknown=tuple(left.unknown()))


def _heal_folder(
    found: OnNode, generation: str, nodes: Nodes, *, within: timedelta, run: str
) -> str:
    """Heal what only the node knows of: the runner's journal is lost, or another runner's."""
    node = nodes[found.node]
    path = shlex.quote(f"{run}/{generation}/entry.json")
    try:
        text = node.run(f"cat {path}", timeout=QUICK).out
        entry = load(json.loads(text), source=f"{found.node}:{path}")
        record = next(r for r in entry.nodes if r.action.node == found.node)
    except (ValueError, StopIteration, Unhealed) as wrong:
        return f"{generation}: {found.node}: its journal cannot be read: {wrong}"
    entry = replace(entry, commands=())
    return f"{generation}: {_line(heal_node(node, entry, record, within=within, run=run))}"


def _line(healed: NodeHealed) -> str:
    if not healed.healed:
        return f"{healed.node}: not healed: {healed.detail}"
    return f"{healed.node}: healed by {healed.by}, {healed.seconds:.1f} s"
