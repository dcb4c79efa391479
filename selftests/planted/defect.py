"""What a defect is, how it is found, and in which order they are planted."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import ClassVar

from selftests.planted import defects
from selftests.planted.bench import Bench


class Defect(ABC):
    """One thing that is wrong with a cluster.

    The docstring of each says what it is and, where it takes more than its item, why that is right.

    Attributes:
        name: what tests and the evidence call it.
        item: the item of the checklist that is there for it.
        also: other items that rightly go red with it.
        evidence: a regular expression: what the item's evidence must name.
        quick: whether it is in `make test`; the others are in `make verify-planted` alone.
    """

    name: ClassVar[str]
    item: ClassVar[str]
    also: ClassVar[frozenset[str]] = frozenset()
    evidence: ClassVar[str]
    quick: ClassVar[bool] = False

    @abstractmethod
    def plant(self, bench: Bench) -> None:
        """Put it in. Returns when it can be seen, by whatever looks for it."""

    @abstractmethod
    def mend(self, bench: Bench) -> None:
        """Take it away, and wait until that can be seen. Harmless where none or half of it is."""

    @property
    def what(self) -> str:
        """What it is and, where it takes more than its item, why that is right."""
        return inspect.cleandoc(self.__doc__ or "")

    @property
    def red(self) -> frozenset[str]:
        """All items that go red."""
        return self.also | {self.item}


@cache
def registry() -> Mapping[str, Defect]:
    """All defects by name: of each module in the folder `defects`.

    Raises:
        ValueError: two have one name.
    """
    found: dict[str, Defect] = {}
    for module in sorted(pkgutil.iter_modules(defects.__path__), key=lambda one: one.name):
        loaded = importlib.import_module(f"{defects.__name__}.{module.name}")
        for thing in vars(loaded).values():
            mine = inspect.isclass(thing) and thing.__module__ == loaded.__name__
            if not (mine and issubclass(thing, Defect)) or inspect.isabstract(thing):
                continue
            defect = thing()
            if defect.name in found:
                raise ValueError(f"two defects are called {defect.name}")
            found[defect.name] = defect
    return MappingProxyType(found)


def apart(defects: Iterable[Defect]) -> tuple[Defect, ...]:
    """The same, in an order in which neighbours have no red item in common, as far as can be.

    So the run that sees one sees as well that the one before it is gone.
    """
    left, ordered = list(defects), list[Defect]()
    while left:
        last = ordered[-1].red if ordered else frozenset()
        ordered.append(next((one for one in left if not one.red & last), left[0]))
        left.remove(ordered[-1])
    return tuple(ordered)
