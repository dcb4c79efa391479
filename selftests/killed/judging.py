"""What is wrong with what was seen, from the row that is kept of it: pure, and the same later."""

from __future__ import annotations

from typing import Any

from chaos.safety.session import LATE
from selftests.evidence import Row

# The cluster's Lease of a run that was killed lives for 30 s: a refusal that is told sooner did
# not wait for it.
AT_ONCE = 25.0
EARLY = 0.5
"""Seconds by which a dead man may seem to come early: its note is written after its time began."""
IN = ("manifested?", "hold", "heal")
"""Moments at which the fault is in on every node."""


def bound(row: Row, node: Row) -> float:
    """How long after the runner's end a node must be healed, in seconds.

    Renewed: the time to live from then, for the last renewal was before it or under way. Never
    renewed: from when it was armed, which is hold and margin.
    """
    since = 0.0 if row["renewed"] else node["armed"] or 0.0
    return round(since + float(row["ttl"]) + LATE.total_seconds(), 1)


def over(node: Row) -> float | None:
    """When nothing of the fault was in any more, in seconds after the runner's end."""
    at = node["healed"] if node["injected"] is not None else node["fired"]
    return None if at is None else float(at)


def wrong_after_kill(row: Row) -> list[str]:
    """What is not as it was promised after a SIGKILL, a sentence each."""
    found = [f"{name}: {why}" for name, node in row["nodes"].items() for why in _node(row, node)]
    if row["moment"] == "healed":
        found += [f"it was over, and this was left: {row['stage']}"] if row["stage"] else []
    else:
        found += _next_run(row)
    return found + _end(row)


def wrong_after_interruption(row: Row) -> list[str]:
    """What is not as it was promised after Ctrl-C or SIGTERM, a sentence each."""
    found = [] if row["code"] == 130 else [f"exit code {row['code']}, not 130"]
    found += [f"report: {why}" for why in row["report"]]
    found += [f"the Lease is still {row['lease']}'s"] if row["lease"] else []
    return found + _end(row)


def _node(row: Row, node: Row | None) -> list[str]:
    if node is None:
        return [] if row["moment"] == "arm" else ["nothing of the generation was there"]
    found = []
    if node["armed"] is None and row["moment"] != "arm":
        found.append("no dead man was armed")
    if node["injected"] is None and row["moment"] in IN:
        found.append("the fault was not in")
    if node["fired"] is None and row["moment"] in ("armed", "manifested?", "hold"):
        found.append("the dead man did not come")
    at, limit = over(node), bound(row, node)
    if node["armed"] is not None and at is None:
        found.append("it was never healed")
    if at is not None and at > limit:
        found.append(f"it was healed after {at:.1f} s, bound {limit:.1f} s")
    if node["late"] is not None and node["late"] < -EARLY:
        found.append(f"the dead man came {-node['late']:.1f} s early")
    return found


def _next_run(row: Row) -> list[str]:
    found = []
    if row["next code"] != 4:
        found.append(f"the next run ended with {row['next code']}, not 4")
    if not row["next names it"]:
        found.append("the next run did not name what was left")
    if row["next after"] > AT_ONCE:
        found.append(f"the next run refused after {row['next after']:.1f} s")
    return found


def _end(row: Row) -> list[str]:
    found = [f"left: {line}" for line in row["left"]]
    if row.get("heal code", 0) != 0:
        found.append(f"`holdfast heal` ended with {row['heal code']}: {row['heal said']}")
    if row["whole after"] is None:
        found.append("the cluster did not get whole")
    return found


def summed(row: Row) -> dict[str, Any]:
    """What the page says of a killed run: seconds to healed, the bound, whether anything was in."""
    nodes = [node for node in row["nodes"].values() if node and node["armed"] is not None]
    moments = [at for node in nodes if (at := over(node)) is not None]
    return {
        "healed": max(moments, default=None),
        "bound": max((bound(row, node) for node in nodes), default=None),
        "in": any(node["injected"] is not None for node in nodes),
        "by": _who(row, nodes),
        "late": max((n["late"] for n in nodes if n["late"] is not None), default=None),
    }


def _who(row: Row, nodes: list[Row]) -> str:
    if not row["stage"]:
        return "runner, before it was killed"
    if not any(node["injected"] is not None for node in nodes):
        return "nothing was in; dead man" if nodes else "nothing was in, nothing armed"
    return "dead man" if any(node["fired"] is not None for node in nodes) else "runner"
