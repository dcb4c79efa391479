"""The page of the checklist is made from the tests, and every item says all that it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import checklist
from fixtures.catalogue import CatalogueItem, items


def test_the_committed_page_is_current() -> None:
    told = "run `python -m fixtures.checklist`"
    assert checklist.FILE.read_text(encoding="utf-8") == checklist.page(), told


def test_the_readme_tells_how_many_items_there_are() -> None:
    readme = checklist.FILE.parents[1] / "README.md"
    assert f"[{len(items())} items](docs/checklist.md)" in readme.read_text(encoding="utf-8")


def test_it_is_written_to_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checklist, "FILE", tmp_path / "checklist.md")
    checklist.main()
    assert (tmp_path / "checklist.md").read_text().startswith("# The checklist\n")


def test_every_item_stands_in_it_once() -> None:
    lines = checklist.page().splitlines()
    for item in items():
        assert lines.count(f"### {item.id}") == 1
        assert f"**{item.title}** ({item.severity})" in lines


@pytest.mark.parametrize("item", items(), ids=lambda item: item.id)
def test_an_item_says_what_is_looked_at_expected_and_to_be_mended(item: CatalogueItem) -> None:
    parts = dict(checklist._parts(item.doc))
    assert list(parts) == list(checklist._PARTS)
    assert item.severity in checklist.SEVERITIES
    assert all(parts.values())
    # The docstring names the same source as the marker, and says where in it.
    assert item.source.split(",")[0].split(" and ")[0] in parts["Source"]
