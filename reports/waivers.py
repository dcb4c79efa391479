"""What waivers did in a run: each is shown beside what it is for, and all are counted."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.result import CheckResult, ExperimentResult


def mark(one: CheckResult | ExperimentResult) -> str:
    """What stands behind a verdict that has a waiver; empty without one."""
    if one.expired:
        return "waiver expired"
    if not one.waiver:
        return ""
    return "waiver idle" if one.counts else "waived"


def told(one: CheckResult | ExperimentResult) -> str:
    """The waiver with what it does, as a sentence; empty without one."""
    known = one.expired or one.waiver
    return f"{mark(one).capitalize()}: {known}" if known else ""


def counted(every: Iterable[CheckResult | ExperimentResult]) -> str:
    """`2 waived, 1 waiver expired`; empty where there is no waiver."""
    marks = [mark(one) for one in every]
    known = ("waived", "waiver expired", "waiver idle")
    return ", ".join(f"{marks.count(name)} {name}" for name in known if name in marks)
