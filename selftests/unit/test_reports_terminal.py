"""The terminal's report: short, and the same words with and without colours."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports import terminal
from selftests.unit.reports_support import (
    CHECKS,
    EXPERIMENTS,
    check,
    experiment,
    good_run,
    probe,
    run_result,
)

FOLDER = Path("reports/out/20261120T140155Z-3f9a")
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def shown(run: RunResult, *, width: int = 100, colours: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colours, color_system="standard" if colours else None
    )
    terminal.show(run, folder=FOLDER, console=console)
    return out.getvalue()


def crowded() -> RunResult:
    """Far more of everything than fits, with texts far too long."""
    long = "a very long sentence indeed, " * 30
    bad = [
        check(f"c-{n}", f"{n}: {long}", Verdict.FAIL, long, remedy=long, severity="critical")
        for n in range(30)
    ]
    many = [
        experiment(f"fault_{n}", long, probe("api-write"), reason=long, verdict=verdict)
        for n, verdict in enumerate([Verdict.PASS] * 20 + [Verdict.FAIL] * 5)
    ]
    return run_result(
        reason=long, interrupted=long, checks=(*CHECKS, *bad), experiments=(*EXPERIMENTS, *many)
    )


@pytest.mark.parametrize("width", [100, 80])
@pytest.mark.parametrize("run", [run_result(), good_run(), good_run((), ()), crowded()])
def test_it_fits(run: RunResult, width: int) -> None:
    lines = ESCAPES.sub("", shown(run, width=width, colours=True)).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= width


def test_the_verdict_with_its_reason_comes_first_and_the_report_s_place_last() -> None:
    lines = shown(run_result()).splitlines()
    assert lines[0].startswith("UNHEALED balancer_kill on vip_holder is not healed")
    assert lines[-1] == f"Report: {FOLDER}/summary.md"


def test_an_experiment_is_one_line_with_its_worst_probe() -> None:
    (line,) = (one for one in shown(run_result()).splitlines() if "zone_partition (" in one)
    assert line.startswith("FAIL ")
    assert "≥ 29.1 s, open" in line
    assert "not in 29.5 s" in line


def test_where_not_all_fits_what_passed_is_left_out_first_and_counted() -> None:
    text = shown(crowded())
    assert "fault_24" in text
    assert "… and 19 more experiments: see summary.md" in text
    assert re.search(r"… and \d+ more checks that did not pass", text)


def test_the_worst_has_its_reason_told_first() -> None:
    text = shown(run_result())
    reasons = ["balancer_kill: lb-1", "zone_partition: api-write", "containerd_stop: the fault"]
    places = [text.index(reason) for reason in reasons]
    assert places == sorted(places)


def test_red_checks_come_before_waived_and_uncovered_ones() -> None:
    text = shown(run_result())
    places = [text.index(c.title) for c in (CHECKS[2], CHECKS[6], CHECKS[4], CHECKS[9])]
    assert places == sorted(places)
    assert "→ Renew it with the balancer" in text
    assert " s · 1 waived\n" in text
    assert "Checks: 5 PASS, 1 INCONCLUSIVE, 1 FAIL, 2 NOT COVERED, 1 waived" in text


def test_the_words_are_the_same_with_colours_and_without() -> None:
    plain, coloured = shown(run_result()), shown(run_result(), colours=True)
    assert "\x1b" not in plain
    assert "\x1b[31m" in coloured
    assert ESCAPES.sub("", coloured) == plain


def test_no_colour_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in shown(run_result(), colours=True)


def test_a_stream_that_knows_ascii_alone_gets_something() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    terminal.show(run_result(), console=Console(file=stream, width=100))
    assert raw.getvalue().startswith(b"UNHEALED balancer_kill")


def test_data_is_no_markup_and_no_secret_is_shown() -> None:
    odd = check(
        "a-b",
        "[red]A[/red] Bearer planted-0123456789",
        Verdict.FAIL,
        "password=planted-1 \x1b[2J [/]",
    )
    text = shown(dataclasses.replace(good_run(), checks=(odd,)))
    assert "[red]A[/red] Bearer «redacted: token»" in text
    assert "password=«redacted: password» ␛[2J [/]" in text
