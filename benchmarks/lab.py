"""How fast the lab is, and what it costs: measures, and writes benchmarks/lab.md.

    python -m benchmarks.lab [--runs N] [--cold N]

`--cold` runs build everything in a cache folder of their own, with Go's module and build caches
empty as well, and take minutes each; without them the table keeps what it had of them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab.cgroups import hierarchies
from reports.machine import machine

HERE = Path(__file__).parent
REPO = HERE.parent
NAME = "bench"
RAW = HERE / "lab.json"
IDLE_SECONDS = 60


def holdfast(*args: str, env: dict[str, str] | None = None) -> list[tuple[float, str]]:
    """Run `holdfast lab …` and return its lines, each with the seconds since the start."""
    argv = [sys.executable, "-u", "-m", "cli.main", "lab", *args]
    begun = time.monotonic()
    lines: list[tuple[float, str]] = []
    with subprocess.Popen(
        argv, cwd=REPO, text=True, stdout=subprocess.PIPE, env=os.environ | (env or {})
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append((time.monotonic() - begun, line.strip()))
    if process.returncode:
        sys.exit("\n".join(line for _, line in lines))
    lines.append((time.monotonic() - begun, "end"))
    return lines


def at(lines: list[tuple[float, str]], what: str) -> float:
    """When the line that holds this was printed."""
    return next(seconds for seconds, line in lines if what in line)


def idle() -> tuple[float, float]:
    """What the lab takes when nobody asks anything of it: processors, and GiB without caches."""
    top = hierarchies().v1
    if not top:
        sys.exit("The idle cost is read from cgroup v1, which this host does not have.")
    usage = top["cpuacct"] / "holdfast" / NAME / "cpuacct.usage"
    before, begun = int(usage.read_text()), time.monotonic()
    time.sleep(IDLE_SECONDS)
    processors = (int(usage.read_text()) - before) / 1e9 / (time.monotonic() - begun)
    stat = (top["memory"] / "holdfast" / NAME / "memory.stat").read_text()
    rss = next(int(x.split()[1]) for x in stat.splitlines() if x.startswith("total_rss "))
    return processors, rss / 1024**3


def warm_run() -> dict[str, float]:
    """One lab, up, saved, restored, at rest, down: seconds, processors, GiB."""
    holdfast("down", "--name", NAME)
    ups = holdfast("up", "--name", NAME)
    time.sleep(20)  # what a start still has to do is not what it costs at rest
    processors, memory = idle()
    saves = holdfast("save", "--name", NAME)
    restores = holdfast("restore", "--name", NAME)
    downs = holdfast("down", "--name", NAME)
    return {
        "up: all nodes Ready, API at the virtual IP (s)": at(ups, "all nodes Ready"),
        "up: all of it, workloads and first snapshots too (s)": at(ups, "end"),
        "save (s)": at(saves, "end"),
        "restore (s)": at(restores, "end"),
        "save and restore (s)": at(saves, "end") + at(restores, "end"),
        "down (s)": at(downs, "end"),
        "idle: processors": processors,
        "idle: memory (GiB, resident)": memory,
    }


def cold_run() -> dict[str, float]:
    """One `up` with nothing cached: no binaries, no base, no Go modules, no compiled packages."""
    holdfast("down", "--name", NAME)
    with tempfile.TemporaryDirectory(prefix="holdfast-cold-", ignore_cleanup_errors=True) as empty:
        env = {
            "XDG_CACHE_HOME": f"{empty}/cache",
            "GOMODCACHE": f"{empty}/modules",
            "GOCACHE": f"{empty}/compiled",
            "GOFLAGS": os.environ.get("GOFLAGS", "") + " -modcacherw",
        }
        seconds = at(holdfast("up", "--name", NAME, env=env), "end")
        holdfast("down", "--name", NAME)
        taken, kept = gib(empty), gib(env["XDG_CACHE_HOME"])
    return {
        "up with nothing cached (s)": seconds,
        "disk after the first build, Go's caches included (GiB)": taken,
        "disk of the lab's own cache (GiB)": kept,
    }


def gib(folder: str) -> float:
    """What a folder takes on the disk."""
    return int(said("du", "-s", "--block-size=1M", folder).split()[0]) / 1024


def said(*argv: str) -> str:
    """What a program printed."""
    return subprocess.run(argv, cwd=REPO, text=True, capture_output=True, check=True).stdout.strip()


def table(runs: list[dict[str, float]]) -> str:
    """One row a figure: median, least, most, n."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    rows = ["| figure | median | least | most | n |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in names:
        found = [run[name] for run in runs if name in run]
        digits = 2 if "idle" in name else 1
        numbers = (statistics.median(found), min(found), max(found))
        shown = " | ".join(f"{x:.{digits}f}" for x in numbers)
        rows.append(f"| {name} | {shown} | {len(found)} |")
    return "\n".join(rows)


def main() -> None:
    """Measure and write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--cold", type=int, default=0)
    options = asked.parse_args()
    kept = json.loads(RAW.read_text()) if RAW.exists() else {"cold": [], "warm": [], "at": {}}
    revision = said("git", "rev-parse", "--short", "HEAD")
    for kind, count, measure in (
        ("cold", options.cold, cold_run),
        ("warm", options.runs, warm_run),
    ):
        if count:
            kept[kind] = []
            kept["at"][kind] = f"{time.strftime('%Y-%m-%d')}, revision {revision}"
        for _ in range(count):
            kept[kind].append(measure())
            print(json.dumps(kept[kind][-1]), flush=True)
    RAW.write_text(json.dumps(kept, indent=1) + "\n")
    (HERE / "lab.md").write_text(
        "# The lab: how fast, and what it costs\n\n"
        "Written by `make bench-lab` (`benchmarks/lab.py`). The default lab: three control planes\n"
        "with stacked etcd, three workers, two balancers.\n\n"
        f"Nothing cached: {kept['at'].get('cold', 'not measured')}; "
        f"all else: {kept['at'].get('warm', 'not measured')}; on {machine()}.\n\n"
        f"{table(kept['cold'] + kept['warm'])}\n"
    )


if __name__ == "__main__":
    main()
