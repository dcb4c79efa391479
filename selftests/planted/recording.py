"""Defects in recorded facts: what the lab cannot have, and every item must tell.

A defect is one function in a file of the folder `recorded`, facts to facts, with what goes red:

>>> @recorded("etcd-no-alarms", r"cp-2 has raised the alarm NOSPACE")
... def no_space(facts: Facts) -> Facts:
...     '''One member's database has reached its quota: every write is refused.'''
...     return the.alarm("NOSPACE", "cp-2")(facts)

The facts are those that a run of the checklist has just read from the sound lab: nothing is kept.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from chaos.cluster.facts import Facts
from chaos.conformance import CheckOutcome
from chaos.measure.verdict import Verdict
from selftests.planted import recorded as folder
from selftests.planted.defect import digest
from selftests.unit.conformance_items import judges

Change = Callable[[Facts], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDefect:
    """One thing that is wrong with a cluster, in its facts.

    Args:
        name: what tests and the evidence call it.
        item: the item of the checklist that is there for it.
        also: other items that rightly go red with it.
        evidence: a regular expression: what the item's evidence must name.
        what: what it is and, where it takes more than its item, why that is right.
        change: makes it.
        first: what the sound lab lacks for the item to pass at all, made beforehand.
    """

    name: str
    item: str
    also: frozenset[str]
    evidence: str
    what: str
    change: Change
    first: Change | None = None

    @property
    def red(self) -> frozenset[str]:
        """All items that go red."""
        return self.also | {self.item}

    @property
    def source(self) -> str:
        """A digest of the file that makes it."""
        return digest(self.change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What all items said of the facts.

    Args:
        before, after: by the item's id, without the defect and with it.
    """

    before: Mapping[str, CheckOutcome]
    after: Mapping[str, CheckOutcome]

    @property
    def turned(self) -> dict[str, Verdict]:
        """The items that end otherwise with the defect than without it."""
        pairs = ((name, self.before[name], one) for name, one in self.after.items())
        return {name: one.verdict for name, was, one in pairs if one.verdict is not was.verdict}

    def told(self, item: str) -> str:
        """An item's evidence with the defect, a sentence a line."""
        return "\n".join(self.after[item].evidence)


def recorded(
    item: str, evidence: str, *, also: Iterable[str] = (), first: Change | None = None
) -> Callable[[Change], RecordedDefect]:
    """Make a defect of a function; its name, with dashes, is the defect's."""

    def defect(change: Change) -> RecordedDefect:
        return RecordedDefect(
            name=change.__name__.replace("_", "-"),
            item=item,
            also=frozenset(also),
            evidence=evidence,
            what=inspect.cleandoc(change.__doc__ or ""),
            change=change,
            first=first,
        )

    return defect


def judged(defect: RecordedDefect, facts: Facts) -> Judged:
    """What all items say without the defect, and with it."""
    sound = defect.first(facts) if defect.first else facts
    return Judged(before=_all(sound), after=_all(defect.change(sound)))


def exact(defect: RecordedDefect, facts: Facts) -> Judged:
    """The same; its item passed without it, exactly its red ones fail with it, and name it.

    Raises:
        AssertionError: they do not.
    """
    seen = judged(defect, facts)
    was = seen.before[defect.item]
    assert was.verdict is Verdict.PASS, f"without it: {was.verdict.value}: {was.evidence}"
    assert seen.turned == dict.fromkeys(defect.red, Verdict.FAIL), _wrong(defect, seen)
    assert re.search(defect.evidence, seen.told(defect.item), re.MULTILINE), seen.told(defect.item)
    return seen


def _wrong(defect: RecordedDefect, seen: Judged) -> str:
    names = sorted(set(seen.turned) ^ defect.red)
    lines = (f"{n}: {seen.after[n].verdict.value}: {seen.told(n)}" for n in names)
    return "\n".join(lines)


def _all(facts: Facts) -> Mapping[str, CheckOutcome]:
    return {name: judge(facts, facts.declared) for name, judge in _judges().items()}


_judges = cache(judges)


@cache
def recorded_registry() -> Mapping[str, RecordedDefect]:
    """All defects by name: of each module in the folder `recorded`.

    Raises:
        ValueError: two have one name.
    """
    found: dict[str, RecordedDefect] = {}
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda one: one.name):
        for thing in vars(importlib.import_module(f"{folder.__name__}.{module.name}")).values():
            if isinstance(thing, RecordedDefect) and found.get(thing.name) is not thing:
                if thing.name in found:
                    raise ValueError(f"two defects are called {thing.name}")
                found[thing.name] = thing
    return MappingProxyType(found)
