"""Finding what a package holds: one file each, and nothing else to edit."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Protocol, TypeVar


class Named(Protocol):
    """What is called by a name of its own."""

    name: ClassVar[str]


_Thing = TypeVar("_Thing", bound=Named)


def classes(package: str) -> Iterator[type]:
    """Every class of a package's files that is not abstract.

    Files whose names begin with `_` are helpers, and a class counts only where it is written.
    """
    path = importlib.import_module(package).__path__
    for module in sorted(pkgutil.iter_modules(path), key=lambda one: one.name):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{package}.{module.name}")
        for thing in vars(loaded).values():
            mine = inspect.isclass(thing) and thing.__module__ == loaded.__name__
            if mine and not inspect.isabstract(thing):
                yield thing


def by_name(things: Iterable[_Thing], what: str) -> Mapping[str, _Thing]:
    """Things by their names.

    Args:
        what: what they are, for the message.

    Raises:
        ValueError: two have one name.
    """
    found: dict[str, _Thing] = {}
    for thing in things:
        if thing.name in found:
            raise ValueError(f"two {what} are called {thing.name}")
        found[thing.name] = thing
    return MappingProxyType(found)
