"""The planted defects as a table: each item has one, and each says what it takes."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from fixtures.catalogue import items
from selftests.planted import defects
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect, apart, registry
from selftests.planted.recording import RecordedDefect, recorded_registry

# What `make test` plants.
QUICK = {"etcd-odd-voters", "certificates-name-balancer", "etcd-backup"}
EVERY: dict[str, Defect | RecordedDefect] = {**registry(), **recorded_registry()}

NEW = '''
from selftests.planted.defects.backups import StaleBackup
class Another(StaleBackup):
    """Docs."""
    name = "{name}"
'''


def test_every_item_of_the_checklist_has_a_defect() -> None:
    planted = {defect.item for defect in EVERY.values()}
    assert [item.id for item in items() if item.id not in planted] == []


def test_what_goes_red_are_items_of_the_checklist() -> None:
    known = {item.id for item in items()}
    assert not {item for defect in EVERY.values() for item in defect.red - known}


def test_no_name_is_of_two() -> None:
    assert len(EVERY) == len(registry()) + len(recorded_registry())


def test_the_quick_ones_are_three() -> None:
    quick = [defect for defect in registry().values() if defect.quick]
    assert {defect.item for defect in quick} == QUICK
    assert len(quick) == len(QUICK)


@pytest.mark.parametrize("defect", EVERY.values(), ids=EVERY)
def test_a_defect_says_what_it_is_and_what_names_it(defect: Defect | RecordedDefect) -> None:
    assert defect.what.strip()
    assert re.fullmatch(r"[a-z0-9-]+", defect.name)
    # A pattern that fits anything names nothing.
    assert not re.search(defect.evidence, "etcd cp-2 worker-1 web shop 3 of 3")
    assert defect.item not in defect.also


@pytest.mark.parametrize("name", ["another", "stale-backup"])
def test_one_more_file_is_one_more_defect(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"zz_{name.replace('-', '_')}.py").write_text(NEW.format(name=name))
    monkeypatch.setattr(defects, "__path__", [*defects.__path__, str(tmp_path)])
    registry.cache_clear()
    try:
        if name == "another":
            assert registry()["another"].item == "etcd-backup"
        else:
            with pytest.raises(ValueError, match="two defects are called stale-backup"):
                registry()
    finally:
        registry.cache_clear()


class _Of(Defect):
    """One that turns these red."""

    evidence = "nothing"

    def __init__(self, *red: str) -> None:
        self.item, *also = red  # type: ignore[misc]
        self.also = frozenset(also)  # type: ignore[misc]

    def plant(self, bench: Bench) -> None:
        raise NotImplementedError

    def mend(self, bench: Bench) -> None:
        raise NotImplementedError


def test_neighbours_turn_no_item_red_together_as_far_as_can_be() -> None:
    a, ab, b, c = _Of("a"), _Of("a", "b"), _Of("b"), _Of("c")
    assert apart([a, ab, b, c]) == (a, b, c, ab)
    again = _Of("a")
    assert apart([a, again]) == (a, again)
    assert apart([]) == ()


def test_all_are_planted_in_that_order() -> None:
    ordered = apart(registry().values())
    assert {one.name for one in ordered} == set(registry())
    together = [1 for one, two in pairwise(ordered) if one.red & two.red]
    assert len(together) <= len(ordered) // 10
