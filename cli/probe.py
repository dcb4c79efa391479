"""`holdfast probe`: the probes alone, what they see and what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import timedelta

    from rich.table import Table

    from chaos.alone import Watched


def probe(
    inventory: Annotated[Path, typer.Argument(help="The cluster's inventory.")],
    length: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="How long, as in 30s; at least 1s.")
    ] = "30s",
    keep: Annotated[
        Path | None, typer.Option(help="Keep the timeline in this file, which is not there yet.")
    ] = None,
) -> None:
    """Run all probes on a cluster that nobody breaks; say what they see and what they cost.

    The time is taken twice: without the probes first, for what the apiservers take by themselves.
    Nothing is broken; what the probes write is in the namespace holdfast, and is taken away.
    """
    import tempfile

    from rich.console import Console

    from chaos.alone import watch
    from chaos.cluster.cluster import Cluster
    from chaos.errors import UsageError
    from chaos.safety import guards
    from fixtures.known import load_known

    taken = _length(length)
    if keep and keep.exists():
        raise UsageError(f"{keep} is there already, and a timeline is kept.")
    cluster = Cluster(load_known(inventory))
    guards.cluster_is_the_one(inventory_uid=cluster.inventory.cluster.uid, live_uid=cluster.uid())
    with tempfile.TemporaryDirectory(prefix="holdfast-probe-") as folder:
        file = keep or Path(folder) / "timeline.jsonl"
        watched = watch(cluster, length=taken, timeline=file, say=print)
    console = Console(soft_wrap=False)
    console.print(_seen(watched))
    for line in (*_left_out(watched), *_costs(watched)):
        print(line)


def _length(text: str) -> timedelta:
    from datetime import timedelta

    from chaos.cluster.durations import parse_duration
    from chaos.errors import UsageError

    try:
        length = parse_duration(text)
    except ValueError as wrong:
        raise UsageError(f"--for: {wrong}.") from None
    if length < timedelta(seconds=1):
        raise UsageError(f"--for {text}: there is little to see in less than a second.")
    return length


def _seen(watched: Watched) -> Table:
    from rich.table import Table

    from chaos.measure.outcome import Outcome

    names = ("ok", "failed", "not sent", "p50 (ms)", "p99 (ms)", "longest outage (s)")
    table = Table("probe", box=None, pad_edge=False)
    for name in ("Hz", *names):
        table.add_column(name, justify="right")
    for one in watched.summaries:
        latency, longest = one.latency, max((o.upper.length for o in one.every_outage), default=0)
        table.add_row(
            one.probe.name,
            f"{one.probe.rate:g}",
            str(one.ok),
            str(one.failed),
            str(one.classes.get(Outcome.NOT_SENT, 0)),
            f"{1000 * latency.p50:.1f}" if latency else "–",
            f"{1000 * latency.p99:.1f}" if latency else "–",
            f"{longest:.2f}" if longest else "none",
        )
    return table


def _left_out(watched: Watched) -> list[str]:
    lines = [f"  {probe}: {why}" for probe, why in sorted(watched.left_out.items())]
    return ["", "Not looked at:", *lines] if lines else []


def _costs(watched: Watched) -> list[str]:
    stood = max(one.stalled_share for one in watched.summaries) * watched.seconds
    lines = [
        "",
        f"Here: the sampler took {watched.client:.1%} of a processor over {watched.seconds:.0f} s "
        f"({watched.scheduling} scheduling), and stood still for {stood:.2f} s.",
        "There, by each apiserver's process_cpu_seconds_total; what else the cluster did is in it:",
    ]
    for one in watched.servers:
        if one.idle is None or one.probed is None:
            lines.append(f"  {one.name}: not known. {one.why}")
        else:
            lines.append(
                f"  {one.name}: {one.idle:.1%} of a processor without the probes, "
                f"{one.probed:.1%} with them"
            )
    if watched.added is not None:
        lines.append(f"  together {100 * watched.added:+.1f} % of a processor with the probes")
    return lines
