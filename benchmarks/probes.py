"""What all probes together cost: measures on a lab, and writes benchmarks/probes.md.

    python -m benchmarks.probes [--runs N] [--seconds S]

A run is S seconds without the probes and S with them. The lab is the default one, brought up for
this and taken down again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.lab import holdfast, said, table
from chaos.alone import Watched, watch
from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import load
from chaos.measure.outcome import Outcome
from chaos.measure.stall import CONTROL
from reports.machine import machine

HERE = Path(__file__).parent
NAME = "bench"
RAW = HERE / "probes.json"

# What the client's side may take, in percent of one processor.
MOST = 25.0

SAMPLER = "the sampler (% of a processor)"


@contextmanager
def a_lab() -> Iterator[Cluster]:
    """The default lab, a while after its start: what that leaves to do is not the probes' cost."""
    holdfast("down", "--name", NAME)
    try:
        holdfast("up", "--name", NAME)
        time.sleep(30)
        yield Cluster(load(HERE.parent / ".lab" / NAME / "cluster.yaml"))
    finally:
        holdfast("down", "--name", NAME)


def one_run(cluster: Cluster, seconds: float) -> dict[str, float]:
    """One reading of the cost, in percent of one processor, and of what the probes saw."""
    with tempfile.TemporaryDirectory() as folder:
        watched = watch(
            cluster,
            length=timedelta(seconds=seconds),
            timeline=Path(folder) / "timeline.jsonl",
            say=lambda line: print(f"  {line}", flush=True),
        )
    attempts = sum(one.samples for one in watched.summaries)
    return {
        SAMPLER: 100 * watched.client,
        **servers(watched),
        "attempts a second": attempts / watched.seconds,
        "not sent (% of the attempts)": 100 * not_sent(watched) / attempts,
        "failed (% of the attempts)": 100 * failed(watched) / attempts,
        "control probe, p99 (ms)": control(watched),
    }


def servers(watched: Watched) -> dict[str, float]:
    """All apiservers together, as far as they could be read."""
    idle = [one.idle for one in watched.servers if one.idle is not None]
    probed = [one.probed for one in watched.servers if one.probed is not None]
    found = {
        "apiservers, without the probes (% of a processor)": 100 * sum(idle),
        "apiservers, with the probes (% of a processor)": 100 * sum(probed),
    }
    if watched.added is not None:
        found["apiservers, the difference (% of a processor)"] = 100 * watched.added
    return found


def failed(watched: Watched) -> int:
    """Attempts that failed."""
    return sum(one.failed for one in watched.summaries)


def not_sent(watched: Watched) -> int:
    """Attempts that the sampler could not keep up with."""
    return sum(one.classes.get(Outcome.NOT_SENT, 0) for one in watched.summaries)


def control(watched: Watched) -> float:
    """How late the sampler itself was."""
    found = next(one.latency for one in watched.summaries if one.probe.name == CONTROL)
    return 1000 * found.p99 if found else float("nan")


def main() -> None:
    """Measure and write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=30.0)
    options = asked.parse_args()
    runs: list[dict[str, float]] = []
    with a_lab() as cluster:
        for _ in range(options.runs):
            runs.append(one_run(cluster, options.seconds))
            print(json.dumps(runs[-1]), flush=True)
    RAW.write_text(json.dumps(runs, indent=1) + "\n")
    worst = max(run[SAMPLER] for run in runs)
    met = "met" if worst <= MOST else "NOT met"
    revision = said("git", "rev-parse", "--short", "HEAD")
    (HERE / "probes.md").write_text(
        "# The probes: what they cost\n\n"
        "Written by `make bench-probes` (`benchmarks/probes.py`): all probes together on the\n"
        f"default lab, {options.seconds:g} s without them and {options.seconds:g} s with them a\n"
        "run. The sampler is a process of its own on the machine that measures. An apiserver's\n"
        "cost is what its own process_cpu_seconds_total says: whatever else the cluster did in\n"
        "those seconds is in it, and so is the reading of its metrics.\n\n"
        f"{time.strftime('%Y-%m-%d')}, revision {revision}, on {machine()}.\n\n"
        f"{table(runs)}\n\n"
        f"The sampler may take {MOST:g} % of a processor: {met} in the worst run.\n"
    )


if __name__ == "__main__":
    main()
