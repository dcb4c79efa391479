"""What is kept of a planted defect, and the page that is made of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence

from selftests.evidence import Row
from selftests.planted.checklist import Ran
from selftests.planted.defect import Defect

TITLE = "Planted defects"
INTRO = """\
Each defect was really planted into the lab (three control planes, three workers, two balancers).
`holdfast run conformance` then ended with 1, and exactly the items of the column *red* were FAIL,
all others PASS. It was mended, and all were PASS again. One run each. *Seconds* are those until the
defect was in, of the run of the checklist, and until it was mended."""

_SECONDS = ("planting (s)", "checklist (s)", "mending (s)")


def row(defect: Defect, ran: Ran, *, planting: float, mending: float) -> Row:
    """What was seen.

    Args:
        ran: while it was in.
        planting, mending: seconds that each took.
    """
    found = re.search(f".*{defect.evidence}.*", ran.told(defect.item))
    assert found, f"the evidence of {defect.item} does not name it"
    return {
        "item": defect.item,
        "defect": defect.name,
        "what": inspect.cleandoc(defect.__doc__ or "").split("\n\n")[0].replace("\n", " "),
        "red": sorted(defect.red),
        "evidence": found[0],
        **dict(zip(_SECONDS, (round(planting, 1), ran.seconds, round(mending, 1)), strict=True)),
    }


def table(rows: Sequence[Row]) -> str:
    """The rows, by item, as Markdown."""
    lines = ["| item | defect | red | evidence | seconds |", "| --- | --- | --- | --- | --- |"]
    for one in sorted(rows, key=lambda one: (one["item"], one["defect"])):
        seconds = " + ".join(f"{one[what]:g}" for what in _SECONDS)
        cells = (one["item"], one["what"], ", ".join(one["red"]), one["evidence"], seconds)
        lines.append(f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines)
