"""A plan for people to read before anything is done."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.preview import Preview
from chaos.safety.guards import QuorumLeft
from reports.redact import redact


def lines(one: Preview, *, scripts: bool = False) -> Iterator[str]:
    """One experiment.

    Args:
        scripts: print the shell of each node as well.
    """
    yield f"{one.name}: {one.target}"
    if one.plan is None:
        yield f"  not done: {redact(one.refused)}"
        return
    if one.quorum is not None:
        yield f"  etcd: {_quorum(one.quorum)}"
    if one.longest is not None:
        most = one.longest.total_seconds()
        yield f"  gone after {most:g} s at the latest, though the runner died"
    for name, told in one.predictions.items():
        what = f"outage of {told.outage}" if told.predictable else f"not known: {told.unknown}"
        yield f"  {name}: {what}; {redact(told.reason)}" if told.reason else f"  {name}: {what}"
    yield from (f"  concern: {sentence}" for sentence in one.concerns)
    for command in one.plan.commands:
        yield f"  here: {redact(command.inject)}"
        yield f"  and back: {redact(command.heal)}"
    for action in one.plan.actions:
        for what in ("inject", "undo"):
            if scripts:
                yield f"  {action.node}, {what}:"
                yield from (f"    {line}" for line in getattr(action, what).strip().splitlines())
    yield f"  on {', '.join(action.node for action in one.plan.actions) or 'no node'}"


def _quorum(left: QuorumLeft) -> str:
    up = left.voters - len(left.down)
    down = f" ({', '.join(left.down)} down)" if left.down else ""
    return f"{up} of {left.voters} voters left{down}, {left.voters - left.allowed} are needed"
