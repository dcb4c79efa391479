"""That each defect is gone again, seen by the next run of the checklist.

A run with a defect in says as well whether the one before it is gone: none of that one's items may
fail. Where both turn an item red, or where none comes after, the checklist is run once more with
nothing planted. A row is kept only when this has been seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from selftests.evidence import Evidence, Row
from selftests.planted.checklist import Ran
from selftests.planted.defect import Defect


@dataclass(slots=True)
class Mending:
    """The defect that was mended last, and what was seen of it, until that is confirmed.

    Args:
        evidence: where rows are kept; None where they are not.
        run: runs the checklist with nothing planted.
    """

    evidence: Evidence | None
    run: Callable[[], Ran]
    _last: tuple[Defect, Row] | None = field(default=None, init=False)

    def before(self, defect: Defect) -> None:
        """Make sure that what this one turns red is not red yet.

        Raises:
            AssertionError: the one before it is not gone.
        """
        if self._last and self._last[0].red & defect.red:
            self.saw(self.run())

    def mended(self, defect: Defect, row: Row) -> None:
        """Note one that was seen, and mended; nobody has looked after it yet."""
        assert self._last is None, "nobody has looked after the one before"
        self._last = defect, row

    def saw(self, ran: Ran, planted: Defect | None = None) -> None:
        """Confirm the last by a run, with another planted or none.

        Raises:
            AssertionError: it is not gone.
        """
        if self._last is None:
            return
        defect, row = self._last
        self._last = None
        left = defect.red & ran.wrong - (planted.red if planted else frozenset())
        assert not left, f"{defect.name} was mended, and {', '.join(sorted(left))} failed after it"
        if self.evidence:
            self.evidence.add(row)
