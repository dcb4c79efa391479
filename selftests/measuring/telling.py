"""What all rounds together say, by kind: numbers, a table, and what breaks a promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selftests.measuring.comparing import Seen
from selftests.measuring.outages import KINDS

# The promises. Of the truths of KNOWN kinds this share lies within the bounds, …
WITHIN = 0.99
KNOWN = tuple(name for name, kind in KINDS.items() if kind.outage and name != "one of three")
# … where at least this share could be judged: on a machine that stands still nothing is proved.
JUDGED = 0.9
# A hang of 10 s reads an upper bound of this (s).
TEN = (10.0, 10.2)
# One of three fails: this share, give or take; the first and the last of a run weigh more.
SHARE, GIVE = 1 / 3, 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """One kind. Errors in seconds; `over` is by how much the largest is beyond what is allowed."""

    kind: str
    n: int
    invalid: int
    missed: int
    split: int
    within: int
    largest: float
    over: float
    wrong: tuple[str, ...]

    @property
    def valid(self) -> int:
        """How many were judged."""
        return self.n - self.invalid


def told(kind: str, every: Sequence[Seen]) -> Told:
    """What was seen of one kind."""
    mine = [one for one in every if one.kind == kind]
    valid = [one for one in mine if one.valid]
    found = [one for one in valid if one.count == 1]
    return Told(
        kind=kind,
        n=len(mine),
        invalid=len(mine) - len(valid),
        missed=sum(one.count == 0 for one in valid),
        split=sum(one.count > 1 for one in valid),
        within=sum(one.within for one in valid),
        largest=max((one.edge for one in found), default=0.0),
        over=max((one.edge - one.allowed for one in found), default=0.0),
        wrong=tuple(one.wrong for one in valid if one.wrong),
    )


def broken(every: Sequence[Seen]) -> list[str]:
    """Each promise that these do not keep, in a sentence."""
    return [*_broken_together(every), *broken_each(every)]


def broken_each(every: Sequence[Seen]) -> list[str]:
    """What may not happen even once, in a sentence each."""
    return [sentence for one in every if one.valid for sentence in _broken(one)]


def _broken_together(every: Sequence[Seen]) -> Iterator[str]:
    for kind in KINDS:
        mine = told(kind, every)
        if mine.n and mine.valid < JUDGED * mine.n:
            yield f"{kind}: of {mine.n} only {mine.valid} could be judged"
    known = [one for one in every if one.valid and one.kind in KNOWN]
    within = sum(one.within for one in known)
    if within < WITHIN * len(known):
        yield f"of {len(known)} truths {within} lie within their bounds"


def _broken(one: Seen) -> Iterator[str]:
    what = f"{one.kind} for {one.length:.2f} s, {one.probe}:"
    if one.count != 1:
        yield f"{what} seen {one.count} times"
        return
    if one.edge > one.allowed:
        yield f"{what} an edge is off by {one.edge:.3f} s, {one.allowed:.3f} s are allowed"
    if one.wrong:
        yield f"{what} {one.wrong}"
    if one.kind == "hung" and abs(one.length - TEN[0]) < 0.01 and not TEN[0] <= one.upper <= TEN[1]:
        yield f"{what} an upper bound of {one.upper:.3f} s"
    if one.kind == "one of three" and abs(one.share - SHARE) > GIVE:
        yield f"{what} {one.share:.0%} failed"


def table(every: Sequence[Seen]) -> str:
    """For the page: a row a kind."""
    rows = [
        "| kind | n | truth within bounds | largest error of an edge | … beyond what is allowed "
        "| missed | seen as several | invalid |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in KINDS:
        mine = told(kind, every)
        if not mine.n:
            continue
        # Of a third, the bounds are those of what failed: the first may be up to two turns late.
        within = f"{mine.within} of {mine.valid}" if kind != "one of three" else "–"
        over = "none" if mine.over <= 0 else f"{1000 * mine.over:.0f} ms"
        rows.append(
            f"| {kind} | {mine.n} | {within} | {1000 * mine.largest:.0f} ms | {over} "
            f"| {mine.missed} | {mine.split} | {mine.invalid} |"
        )
    return "\n".join(rows)


def figures(every: Sequence[Seen]) -> str:
    """The promises with a number of their own, for the page."""
    valid = [one for one in every if one.valid]
    known = [one for one in valid if one.kind in KNOWN]
    short = [one for one in valid if one.kind == "refused" and one.length < 0.11]
    ten = [one for one in valid if one.kind == "hung" and abs(one.length - TEN[0]) < 0.01]
    third = [one for one in valid if one.kind == "one of three"]
    lines = [f"- Truth within the bounds: {sum(o.within for o in known)} of {len(known)}."]
    if short:
        missed = sum(one.count == 0 for one in short)
        lines.append(f"- Refused for 0.1 s: {missed} of {len(short)} missed.")
    if ten:
        uppers = [one.upper for one in ten]
        lines.append(
            f"- Hung for 10 s: upper bounds of {min(uppers):.3f} to {max(uppers):.3f} s "
            f"(n = {len(ten)})."
        )
    if third:
        shares = [one.share for one in third]
        lines.append(
            f"- One of three silent: one degradation in {sum(o.count == 1 for o in third)} of "
            f"{len(third)}, with {min(shares):.1%} to {max(shares):.1%} failed."
        )
    return "\n".join(lines)
