"""Who saw which version of an object with which value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from chaos.history.file import History
from chaos.history.operation import ABSENT, OBJECTS, Change, Mark


@dataclass(frozen=True, slots=True)
class Sighting:
    """An object had this value at this version, as somebody was told by the moment `at`.

    `by` says by what: the operation, or the watch.
    """

    key: str
    version: int
    value: str | None
    at: float
    by: str


def sightings(history: History) -> Mapping[str, list[Sighting]]:
    """All sightings of each object, by version. An object that was absent is none."""
    found: dict[str, list[Sighting]] = defaultdict(list)
    for o in history.operations:
        if o.ok and o.version != ABSENT:
            found[o.key].append(
                Sighting(o.key, o.version, o.value, o.returned, f"{o.process}'s {o.op}")
            )
    for what in history.watches.get(OBJECTS, ()):
        if isinstance(what, Change):
            found[what.key].append(
                Sighting(what.key, what.version, what.value, what.at, "the watch")
            )
        else:
            _listed(what, found)
    for each in found.values():
        each.sort(key=lambda sighting: (sighting.version, sighting.at))
    return found


def _listed(mark: Mark, found: dict[str, list[Sighting]]) -> None:
    for key, (version, value) in mark.items.items():
        found[key].append(Sighting(key, version, value, mark.at, "the list"))
