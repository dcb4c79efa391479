"""The five verdicts and how they combine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Verdict(Enum):
    """What a check says. Ordered PASS < INCONCLUSIVE < FAIL < UNHEALED.

    NOT_COVERED stands apart: it could not be looked at. Comparing it with another is a TypeError,
    so that nobody sorts it in by accident.
    """

    PASS = "PASS"  # noqa: S105  no password
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"
    UNHEALED = "UNHEALED"
    NOT_COVERED = "NOT_COVERED"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Verdict) or Verdict.NOT_COVERED in (self, other):
            return NotImplemented
        return _ORDER[self] < _ORDER[other]


_ORDER = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them.

    What was not covered does not count beside what was; alone it stays NOT_COVERED. Of nothing at
    all the verdict is INCONCLUSIVE: where nothing was judged, nothing has passed.
    """
    given = list(verdicts)
    if not given:
        return Verdict.INCONCLUSIVE
    judged = [verdict for verdict in given if verdict is not Verdict.NOT_COVERED]
    return max(judged) if judged else Verdict.NOT_COVERED
