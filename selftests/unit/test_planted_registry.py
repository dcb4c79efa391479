"""The planted defects as a table: each item has one, and each says what it takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.catalogue import items
from selftests.planted import defects
from selftests.planted.defect import Defect, registry

# What `make test` plants.
QUICK = {"etcd-odd-voters", "certificates-name-balancer", "etcd-backup"}

NEW = '''
from selftests.planted.defects.backups import StaleBackup
class Another(StaleBackup):
    """Docs."""
    name = "{name}"
'''


def test_every_item_of_the_checklist_has_a_defect() -> None:
    assert {defect.item for defect in registry().values()} == {item.id for item in items()}


def test_what_goes_red_are_items_of_the_checklist() -> None:
    known = {item.id for item in items()}
    assert not {item for defect in registry().values() for item in defect.red - known}


def test_the_quick_ones_are_three() -> None:
    quick = [defect for defect in registry().values() if defect.quick]
    assert {defect.item for defect in quick} == QUICK
    assert len(quick) == len(QUICK)
    # What else they took would be told three times a day.
    assert all(defect.red == {defect.item} for defect in quick)


@pytest.mark.parametrize("defect", registry().values(), ids=registry())
def test_a_defect_says_what_it_is_and_what_names_it(defect: Defect) -> None:
    assert (type(defect).__doc__ or "").strip()
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
            assert registry()["another"].red == {"etcd-backup"}
        else:
            with pytest.raises(ValueError, match="two defects are called stale-backup"):
                registry()
    finally:
        registry.cache_clear()
