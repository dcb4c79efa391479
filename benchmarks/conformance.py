"""How fast the checklist is: measures, and writes benchmarks/conformance.md.

    python -m benchmarks.conformance [--runs N] [--inventory FILE]

Without an inventory it boots a lab, the default one, and takes it down. Nobody else should use that
cluster meanwhile: what the apiservers count as asked of them is put down to the checklist.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.lab import HERE, NAME, REPO, holdfast, said, table
from chaos.cluster import recorded
from chaos.cluster.cluster import Cluster
from chaos.cluster.facts import Facts, NodeFact, NotAvailable
from chaos.cluster.inventory import load
from lab.api import Api
from reports.machine import machine
from reports.run_folder import OUT

RAW = HERE / "conformance.json"
SIZES = (100, 1000)
KEEPS_NOTHING = "PYTHONDONTWRITEBYTECODE"
COMPILED = Path(tempfile.gettempdir()) / "holdfast-bench-compiled"
LISTS = re.compile(r"^apiserver_request_total\{(?P<labels>.*)\} (?P<count>\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q")


def lists(inventory: Path) -> Counter[str]:
    """The list calls that all apiservers have counted so far, by kind."""
    cluster = Cluster(load(inventory))
    api = Api.of(cluster.inventory.kubeconfig)
    counted: Counter[str] = Counter()
    for node in cluster.inventory.nodes:
        if "control-plane" in node.roles:
            text = replace(api, host=node.address).get("/metrics")
            for found in LISTS.finditer(text):
                labels = dict(LABEL.findall(found["labels"]))
                if labels["verb"] == "LIST":
                    kind = ".".join(filter(None, (labels["resource"], labels["group"])))
                    counted[kind] += int(float(found["count"]))
    return counted


def timed(*argv: str, cwd: Path = REPO) -> float:
    """The seconds that a program takes; its exit code is its own affair below 2.

    What Python has compiled it finds again, as it does unless it is told to keep nothing.
    """
    kept = {name: value for name, value in os.environ.items() if name != KEEPS_NOTHING}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(COMPILED)}
    begun = time.monotonic()
    done = subprocess.run(
        argv, cwd=cwd, env=environment, text=True, capture_output=True, check=False
    )
    seconds = time.monotonic() - begun
    if done.returncode > 1:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


def judged(facts: Path) -> float:
    """The seconds of a whole pytest that judges these facts."""
    return timed(*PYTEST, "tests/conformance", f"--facts={facts}")


def grown(facts: Facts, nodes: int) -> Facts:
    """These facts as those of a cluster with so many nodes: its workers again and again.

    For ten nodes more there is each workload once more, with its Pods.
    """
    assert not isinstance(facts.nodes, NotAvailable)
    machines = {one.name: one for one in facts.nodes if one.kubernetes}
    workers = [one for one in machines.values() if "worker" in one.roles]
    more = [
        (workers[n % len(workers)], f"{workers[n % len(workers)].name}-{n}")
        for n in range(nodes - len(machines))
    ]

    def many(by_node: Mapping[str, Any]) -> dict[str, Any]:
        copies = {name: by_node[like.name] for like, name in more if like.name in by_node}
        return dict(by_node) | copies

    def again(found: Any) -> Any:
        return found if isinstance(found, NotAvailable) else tuple(found) * (1 + nodes // 10)

    mappings = ("stored_certificates", "components", "machines", "kubeconfigs", "keys", "kubelets")
    repeated = ("workloads", "pods", "services", "versions")
    changed: dict[str, Any] = {name: many(getattr(facts, name)) for name in mappings}
    changed |= {name: again(getattr(facts, name)) for name in repeated}
    nodes_now = (*facts.nodes, *(_another(like, name) for like, name in more))
    return replace(facts, nodes=nodes_now, **changed)


def _another(like: NodeFact, name: str) -> NodeFact:
    assert like.kubernetes
    kubernetes = replace(like.kubernetes, machine=name, boot=name)
    return replace(like, name=name, kubernetes=kubernetes)


def one_run(inventory: Path, folder: Path) -> dict[str, float]:
    """Every figure once."""
    before = lists(inventory)
    conformance = timed(
        *(sys.executable, "-m", "cli.main", "run", "conformance", str(inventory)),
    )
    asked = lists(inventory) - before
    kept = OUT / "latest" / "facts.json"
    facts = recorded.load(kept)
    found = {
        "the lab, facts and all (s)": conformance,
        "the lab, facts alone (s)": facts.took.total_seconds(),
        "the lab, recorded facts (s)": judged(kept),
        "kinds that were listed": float(len(asked)),
        "list calls of one kind, most": float(max(asked.values())),
        "of these ours, most": float(
            max(n for path, n in facts.requests.items() if "/proxy/" not in path)
        ),
    }
    for size in SIZES:
        file = folder / f"{size}.json"
        recorded.save(grown(facts, size), file)
        found[f"recorded facts of {size:,} nodes (s)"] = judged(file)
    ours, bare = by_turns(
        lambda: timed(*PYTEST, "--help"), lambda: timed(*PYTEST, "--help", cwd=folder)
    )
    found["pytest --help, by bare pytest with the same plugins"] = ours / bare
    found["collecting, with no cluster (s)"] = timed(*PYTEST, "--collect-only", "tests/conformance")
    return found


def by_turns(
    one: Callable[[], float], other: Callable[[], float], count: int = 10
) -> tuple[float, float]:
    """The least that each of two took: what else runs only ever adds, and comes and goes."""
    both = [(one(), other()) for _ in range(count)]
    return min(a for a, _ in both), min(b for _, b in both)


def page(runs: Iterable[dict[str, float]], at: str) -> str:
    """The page, in Markdown."""
    return (
        "# The checklist: how fast\n\n"
        "Written by `make bench-conformance` (`benchmarks/conformance.py`) on the default lab.\n"
        "Seconds are those of a whole process, Python's start included; it finds what it compiled\n"
        "the time before. List calls are counted by the apiservers (`apiserver_request_total`),\n"
        "whoever made them: each of them lists the Services by itself every three minutes, to see\n"
        "that no node port is given away twice. Ours are those that the run's facts have noted. "
        "The\n"
        "nodes of larger clusters are the lab's workers again and again, with each workload once\n"
        "more for ten nodes.\n\n"
        f"{at}; on {machine()}.\n\n{table(list(runs))}\n"
    )


def main() -> None:
    """Measure and write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--inventory", type=Path)
    options = asked.parse_args()
    inventory = options.inventory or REPO / ".lab" / NAME / "cluster.yaml"
    if not options.inventory:
        holdfast("up", "--name", NAME)
    # Whatever the runs use is compiled then.
    timed(sys.executable, "-m", "cli.main", "run", "conformance", str(inventory))
    runs = []
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        for _ in range(options.runs):
            runs.append(one_run(inventory, Path(folder)))
            print(json.dumps(runs[-1]), flush=True)
    if not options.inventory:
        holdfast("down", "--name", NAME)
    at = f"{time.strftime('%Y-%m-%d')}, revision {said('git', 'rev-parse', '--short', 'HEAD')}"
    RAW.write_text(json.dumps({"at": at, "runs": runs}, indent=1) + "\n")
    (HERE / "conformance.md").write_text(page(runs, at))


if __name__ == "__main__":
    main()
