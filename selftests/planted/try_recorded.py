"""Try the recorded defects by hand: `python -m selftests.planted.try_recorded FACTS.json -k NAME`.

Without a file they are tried on the facts of the selftests' own cluster.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chaos.cluster.facts import Facts
from chaos.cluster.recorded import load
from selftests.planted.recording import exact, recorded_registry
from selftests.unit.conformance_support import good


def main() -> int:
    """Print a line for each; return how many are not exact."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("facts", nargs="*", type=Path)
    words.add_argument("-k", default="", metavar="NAME", help="those whose name has this in it")
    asked = words.parse_args()
    tried: dict[str, Facts] = {str(file): load(file) for file in asked.facts} or {"good": good()}
    wrong = 0
    for name, defect in recorded_registry().items():
        if asked.k not in name:
            continue
        for source, facts in tried.items():
            try:
                exact(defect, facts)
                print(f"exact  {name} ({defect.item}) on {source}")
            except AssertionError as why:
                wrong += 1
                print(f"WRONG  {name} ({defect.item}) on {source}:\n{why}")
    return wrong


if __name__ == "__main__":
    raise SystemExit(main())
