"""The probes alone, on a cluster that nobody breaks: what they see and what they cost."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError
from chaos.measure.cost import processor_seconds
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import READY
from chaos.measure.sampling import Sampling
from chaos.measure.summary import Summary, summarize
from chaos.measure.timeline import Timeline
from chaos.probes import namespace
from chaos.probing import probes_for

Say = Callable[[str], None]

_SPENT = re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCost:
    """What one apiserver took, by its own process_cpu_seconds_total, as shares of a processor.

    `idle` in a stretch of time without our probes, `probed` in one as long with them, right after.
    Both hold whatever else the cluster did, and the reading of the metrics itself; their difference
    is the probes' cost give or take what the cluster did differently. None where it could not be
    read; `why` says why.
    """

    name: str
    idle: float | None
    probed: float | None
    why: str = ""

    @property
    def added(self) -> float | None:
        """With the probes less without."""
        if self.idle is None or self.probed is None:
            return None
        return self.probed - self.idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen in `seconds`, a summary a probe, the control probe among them.

    `client` is the share of a processor that the sampler took, `scheduling` the place that it was
    granted (`chaos.measure.priority`). `left_out` says why some probes were not among them.
    """

    seconds: float
    summaries: tuple[Summary, ...]
    client: float
    scheduling: str
    servers: tuple[ServerCost, ...]
    left_out: Mapping[str, str]

    @property
    def added(self) -> float | None:
        """What all apiservers together took more with the probes; None if one is not known."""
        known = [one.added for one in self.servers if one.added is not None]
        return sum(known) if known and len(known) == len(self.servers) else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """`spent` are an apiserver's seconds of processor since its start, at a monotonic moment."""

    at: float
    spent: float


_Readings = Mapping[str, _Reading | HoldfastError]


def watch(
    cluster: Cluster,
    *,
    length: timedelta,
    timeline: Path,
    say: Say = lambda _: None,
) -> Watched:
    """Read what the apiservers take by themselves, then run all probes for as long.

    Nothing is broken. What the probes write is in a namespace of its own, and is taken away.

    Args:
        cluster: which one.
        length: of each of the two stretches of time.
        timeline: the file that is written; it must not be there yet.
        say: told what goes on.

    Raises:
        HoldfastError: the kubeconfig cannot be used.
        MeasureError: the sampler cannot be started, or died; or there is no place for its file.
    """
    probes, left_out = probes_for(cluster, prepare=True)
    try:
        return _watch(cluster, probes, left_out, length=length, timeline=timeline, say=say)
    finally:
        try:
            namespace.clean_up(cluster)
        except HoldfastError as wrong:
            say(f"What the probes wrote is left behind: {wrong.problem}")


def _watch(
    cluster: Cluster,
    probes: Sequence[ProbeSpec],
    left_out: Mapping[str, str],
    *,
    length: timedelta,
    timeline: Path,
    say: Say,
) -> Watched:
    seconds, ended = length.total_seconds(), threading.Event()
    say(f"{seconds:g} s without probes: what the apiservers take by themselves")
    idle = _readings(cluster), ended.wait(seconds), _readings(cluster)
    say(f"{seconds:g} s with {len(probes)} probes")
    with Sampling(probes, timeline) as sampling:
        first = _readings(cluster)
        spent, begun = processor_seconds(sampling.pid), time.monotonic()
        ended.wait(seconds)
        spent, over = processor_seconds(sampling.pid) - spent, time.monotonic()
        last = _readings(cluster)
    read = Timeline.read(timeline)
    ready = read.first(READY)
    return Watched(
        seconds=over - begun,
        summaries=tuple(
            summarize(read, info.name, since=begun, until=over) for info in read.header.probes
        ),
        client=spent / (over - begun),
        scheduling=str(ready.data["scheduling"]) if ready else "",
        servers=_costs((idle[0], idle[2]), (first, last)),
        left_out=left_out,
    )


def _readings(cluster: Cluster) -> _Readings:
    nodes = cluster.with_role(Role.CONTROL_PLANE)
    return together({node.name: partial(_reading, cluster, node.name) for node in nodes})


def _reading(cluster: Cluster, name: str) -> _Reading:
    server = Kube(cluster.apiserver(name, port=cluster.inventory.endpoint.port))
    found = _SPENT.search(server.text("/metrics"))
    if found is None:
        raise HoldfastError(f"The apiserver on {name} has no process_cpu_seconds_total.")
    return _Reading(time.monotonic(), float(found[1]))


def _costs(
    idle: tuple[_Readings, _Readings], probed: tuple[_Readings, _Readings]
) -> tuple[ServerCost, ...]:
    costs = []
    for name in idle[0]:
        every = [readings[name] for readings in (*idle, *probed)]
        wrong = [one for one in every if isinstance(one, HoldfastError)]
        known = [one for one in every if isinstance(one, _Reading)]
        if wrong:
            costs.append(ServerCost(name=name, idle=None, probed=None, why=str(wrong[0])))
        elif any(b.spent < a.spent for a, b in pairwise(known)):
            why = "It was started anew meanwhile."
            costs.append(ServerCost(name=name, idle=None, probed=None, why=why))
        else:
            before, after, first, last = known
            costs.append(
                ServerCost(name=name, idle=_share(before, after), probed=_share(first, last))
            )
    return tuple(costs)


def _share(one: _Reading, other: _Reading) -> float:
    return (other.spent - one.spent) / (other.at - one.at)
