"""The README's table is made from the run that is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chaos.findings import PredictionResult, PromiseResult
from chaos.measure.verdict import Verdict
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


def test_what_was_foretold_and_promised_is_counted() -> None:
    foretold = [
        PredictionResult(
            probe="api-write", reason="it elects", outage=None, trouble=None, unknown="",
            terms=(), confirmed=confirmed, told="", concerns=(),
        )
        for confirmed in (True, False, None)
    ]  # fmt: skip
    promises = [
        PromiseResult(
            promise="kept?", verdict=verdict, reason="", evidence=(), broken=0, looked_at=1500
        )
        for verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)
    ]
    run = good_run()
    first = replace(run.experiments[0], predictions=tuple(foretold), promises=tuple(promises))
    told = keep.table(replace(run, experiments=(first,)), "1 processor")
    assert "Of 3 predictions" in told
    assert "\n1 were confirmed. Of 2 promises" in told
    assert "tried on 3,000 operations and changes, 1 were kept.\n" in told


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ReportError, match="There is no <!-- gate -->"):
        keep.put("x", "no place")
