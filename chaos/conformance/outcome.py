"""What judging an item ends with, and how it comes to its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.measure.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """What judging an item ended with.

    Args:
        evidence: the things looked at, a sentence each; those that decided come first.
        remedy: what to do, where these facts call for something else than the item usually does.
    """

    verdict: Verdict
    evidence: tuple[str, ...]
    remedy: str | None = None


Judge = Callable[[Facts, Declared], CheckOutcome]
"""Judges one item: from the facts, and from what the inventory says of the cluster."""


# Sentences of what is good that are told.
MOST = 40


@dataclass(slots=True)
class Findings:
    """What is found while an item is judged.

    Args:
        good: what is as it should be.
        wrong: what is not.
        gaps: what could not be looked at, with the reason.
    """

    good: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def gap(self, what: str, why: NotAvailable | str) -> None:
        """Note what could not be looked at."""
        self.gaps.append(f"{what}: {why.reason if isinstance(why, NotAvailable) else why}")

    def outcome(self, *, remedy: str | None = None) -> CheckOutcome:
        """One thing wrong is a FAIL; else one gap is NOT_COVERED: a part never passes for all.

        Where nothing was found at all it is INCONCLUSIVE.
        """
        if self.wrong:
            unseen = (f"not looked at: {gap}" for gap in self.gaps)
            told = (*self.wrong, *unseen, *self._good())
            return CheckOutcome(verdict=Verdict.FAIL, evidence=told, remedy=remedy)
        if self.gaps:
            told = (*self.gaps, *self._good())
            return CheckOutcome(verdict=Verdict.NOT_COVERED, evidence=told)
        if not self.good:
            nothing = ("there was nothing to look at",)
            return CheckOutcome(verdict=Verdict.INCONCLUSIVE, evidence=nothing)
        return CheckOutcome(verdict=Verdict.PASS, evidence=self._good())

    def _good(self) -> tuple[str, ...]:
        """What is as it should be; of very much the first: a thousand nodes are no evidence."""
        more = len(self.good) - MOST
        rest = (f"and {more} more that are as they should be",) if more > 0 else ()
        return (*self.good[:MOST], *rest)


def not_covered(what: str, why: NotAvailable | str) -> CheckOutcome:
    """The outcome where all that an item is about could not be looked at."""
    findings = Findings()
    findings.gap(what, why)
    return findings.outcome()


def listed(words: Iterable[str], *, most: int = 8) -> str:
    """The words with commas between them; of many the first, and how many more there are.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    all_of_them = list(words)
    more = len(all_of_them) - most
    told = ", ".join(all_of_them[:most])
    return f"{told} and {more} more" if more > 0 else told


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "voter"), counted(3, "voter")
    ('1 voter', '3 voters')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
