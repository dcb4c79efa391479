"""Rows by case: what was seen once is not seen again, and is judged all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from selftests.evidence import Evidence, Row
from selftests.killed.cases import Case


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one revision."""

    evidence: Evidence

    def of(self, case: Case, see: Callable[[], Row]) -> Row:
        """The row of a case; it is carried out if there is none yet."""
        if not self.evidence.has(case=str(case)):
            self.evidence.add(see())
        return self.kept(case)

    def kept(self, case: Case) -> Row:
        return next(row for row in self.evidence.rows if row["case"] == str(case))

    def has_all(self, cases: Iterable[Case]) -> bool:
        return all(self.evidence.has(case=str(case)) for case in cases)
