"""Undo, prove it, disarm: the one way in which anything is healed, by a run or after it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from chaos.safety import commands
from chaos.safety.each import all_of
from chaos.safety.entry import Entry, NodeRecord
from chaos.safety.fence import RUN, Fence, Undone
from chaos.safety.node import QUICK, NodeRunner, Nodes

AGAIN = 0.5  # seconds between two tries


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHealed:
    """How one node came out.

    Attributes:
        healed: its projection is as it was before, and nothing of ours is left there.
        by: who took the fault away: `runner`, `dead man`, `reboot`, or `nobody` when nothing had
            been injected.
        seconds: from our first try to the proof.
        detail: the node's last words.
    """

    node: str
    healed: bool
    by: str
    seconds: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryHealed:
    """How one entry of the journal came out.

    Attributes:
        nodes: those that were tried.
        failed: a sentence for each node or command that is not healed; empty is success.
    """

    nodes: tuple[NodeHealed, ...]
    failed: tuple[str, ...]


def heal_entry(entry: Entry, nodes: Nodes, *, within: timedelta, run: str = RUN) -> EntryHealed:
    """Heal all that one entry may have changed: commands first, for they may cut nodes off.

    Args:
        entry: what to heal.
        nodes: by name; one that is missing is not healed.
        within: how long to try each node.
        run: Holdfast's folder on nodes.
    """
    failed = commands.heal_all(entry.commands) if entry.may_be_in else []

    def one(record: NodeRecord) -> NodeHealed:
        node = nodes[record.action.node]
        return heal_node(node, entry, record, within=within, run=run)

    known = [record for record in entry.nodes if record.action.node in nodes]
    healed = all_of(known, one)
    failed += [f"{one.node}: {one.detail}" for one in healed if not one.healed]
    failed += [
        f"{record.action.node} is in the journal and not in the inventory"
        for record in entry.nodes
        if record.action.node not in nodes
    ]
    return EntryHealed(nodes=tuple(healed), failed=tuple(failed))


def heal_node(
    node: NodeRunner, entry: Entry, record: NodeRecord, *, within: timedelta, run: str = RUN
) -> NodeHealed:
    """Heal what one entry may have changed on one node; tries until it is proved or time is over.

    Never raises for a node that cannot be reached or does not heal: it says so.

    Args:
        node: where.
        entry: whose.
        record: its part.
        within: how long to try. The dead man tries as well, whatever is cut.
        run: Holdfast's folder on the node.
    """
    fence = Fence(node, entry.generation, run=run)
    began = time.monotonic()
    detail = ""
    while True:
        try:
            undone = fence.undo()
            detail = undone.detail
            if undone.no_folder:
                if record.before is None:
                    return _out(node, began, by="nobody", detail=detail)
                if _is_as_before(node, record):
                    by = "runner" if undone.over else "reboot"
                    return _out(node, began, by=by, detail=detail)
                fence.deploy(record.action, entry.dump(), before=record.before)
            elif undone.healed:
                fence.release()
                return _out(node, began, by=_who(undone), detail=detail)
        except Exception as wrong:
            detail = str(wrong)
        if time.monotonic() - began > within.total_seconds():
            return _out(node, began, by="", detail=detail)
        time.sleep(AGAIN)


def _who(undone: Undone) -> str:
    if undone.by_dead_man:
        return "dead man"
    return "nobody" if "nothing was injected" in undone.detail else "runner"


def _is_as_before(node: NodeRunner, record: NodeRecord) -> bool:
    # The fence is gone from there, and its environment with it.
    script = f"export LC_ALL=C HOLDFAST_DIR=/nonexistent\n{record.action.projection}"
    done = node.run(script, timeout=QUICK)
    return done.code == 0 and done.out == record.before


def _out(node: NodeRunner, began: float, *, by: str, detail: str) -> NodeHealed:
    return NodeHealed(
        node=node.name,
        healed=bool(by),
        by=by or "nobody",
        seconds=round(time.monotonic() - began, 3),
        detail=detail,
    )
