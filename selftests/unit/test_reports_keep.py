"""The README's table is made from the run that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports import keep
from reports.errors import ReportError
from reports.run_folder import RunFolder
from selftests.unit.reports_support import good_run, run_result


def test_the_readme_tells_what_the_kept_run_found() -> None:
    assert keep.README.read_text(encoding="utf-8") == keep.readme()


def test_a_run_is_kept_and_put_between_the_marks(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "out")
    folder.finish(good_run())
    keep.keep(folder, kept=tmp_path / "kept")
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- gate -->\nold\n<!-- /gate -->\nafter\n")
    made = keep.readme(kept=tmp_path / "kept", page=page)
    assert made.startswith("before\n<!-- gate -->\nPASS: 1 of 2 items")
    assert "old" not in made
    assert "| etcd_stop (kill) | 1.20–1.31 s |" in made
    assert made.endswith("<!-- /gate -->\nafter\n")
    assert (tmp_path / "kept/summary.md").exists()


def test_what_was_not_seen_is_not_made_up() -> None:
    told = keep.table(run_result(), "1 processor")
    assert "≥ 29.1 s, open" in told
    assert "| etcd_stop (silent) | – | – | – | – | NOT COVERED |" in told


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ReportError, match="There is no <!-- gate -->"):
        keep.put("x", "no place")
