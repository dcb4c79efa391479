"""What a defect is, how it is found, and in which order they are planted."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from chaos.registry import by_name, classes
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

    @property
    def source(self) -> str:
        """A digest of the files that make it: what was seen counts while they are the same."""
        return digest(*type(self).__mro__)


def digest(*things: type | Callable[..., object]) -> str:
    """Of the source files of things of ours, in twelve hexadecimal digits."""
    ours = (one for one in things if one.__module__.startswith("selftests."))
    files = sorted({inspect.getfile(one) for one in ours})
    return sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:12]


@cache
def registry() -> Mapping[str, Defect]:
    """All defects by name: of each module in the folder `defects`.

    Raises:
        ValueError: two have one name.
    """
    every = (kind() for kind in classes(defects.__name__) if issubclass(kind, Defect))
    return by_name(every, "defects")


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
