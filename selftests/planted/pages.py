"""What is kept of a planted defect, and the page that is made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selftests.evidence import Row
from selftests.planted.checklist import Ran
from selftests.planted.defect import Defect
from selftests.planted.recording import Judged, RecordedDefect

TITLE = "Planted defects"
INTRO = """\
For each item of the checklist at least one defect. Those *in the lab* were really planted into it
(three control planes, three workers, two balancers): `holdfast run conformance` then ended with 1,
exactly the items of the column *red* were FAIL. In brackets: items that could not be looked at in
that run, and could in that of the sound lab. Then it was mended. That it was gone was seen by the
next run, with another defect in: none of its items failed any more; where both turn one item red,
by a run with none in. After the last one none failed. One run each. *Seconds* are those until the
defect was in, of the run of the checklist, and until it was mended.

Those *in facts* the lab cannot have, or not without minutes of waiting, or surely mended: they were
made in the facts that the sound lab's run had just read, which all items then judged: exactly the
red ones turned FAIL, none else ended otherwise. *In facts, completed*: the lab lacks what the item
is about; the facts were given it first, and the item passed then."""

LAB, FACTS, COMPLETED = "in the lab", "in facts", "in facts, completed"
_SECONDS = ("planting (s)", "checklist (s)", "mending (s)")


def row(defect: Defect, ran: Ran, *, planting: float, mending: float) -> Row:
    """What was seen in the lab.

    Args:
        ran: while it was in.
        planting, mending: seconds that each took.
    """
    seconds = zip(_SECONDS, (round(planting, 1), ran.seconds, round(mending, 1)), strict=True)
    return _row(defect, LAB, ran.told(defect.item)) | dict(seconds)


def recorded_row(defect: RecordedDefect, seen: Judged) -> Row:
    """What was seen in facts."""
    return _row(defect, COMPLETED if defect.first else FACTS, seen.told(defect.item))


def _row(defect: Defect | RecordedDefect, kind: str, told: str) -> Row:
    naming = [line for line in told.splitlines() if re.search(defect.evidence, line)]
    assert naming, f"the evidence of {defect.item} does not name it"
    return {
        "item": defect.item,
        "defect": defect.name,
        "source": defect.source,
        "kind": kind,
        "what": defect.what.split("\n\n")[0].replace("\n", " "),
        "red": sorted(defect.red),
        "evidence": naming[0],
    }


def table(rows: Sequence[Row]) -> str:
    """The rows, by item, as Markdown."""
    lines = ["| item | defect | seen | red | evidence | seconds |", f"|{' --- |' * 6}"]
    for one in sorted(rows, key=lambda one: (one["item"], one["defect"])):
        seconds = " + ".join(f"{one[what]:g}" for what in _SECONDS if what in one)
        red = ", ".join((*one["red"], *(f"({name})" for name in one.get("unseen", ()))))
        cells = (one["item"], one["what"], one["kind"], red, one["evidence"], seconds)
        lines.append(f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines)
