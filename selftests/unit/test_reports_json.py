"""verdict.json: exact, stable, and the keys that were promised."""

from __future__ import annotations

import json
import math

import pytest

from chaos.findings import Bounds
from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports.errors import ReportError
from reports.exit_code import exit_code
from reports.verdict_json import dumps, from_data, loads, to_data
from selftests.unit.reports_support import experiment, good_run, probe, run_result


@pytest.mark.parametrize("run", [run_result(), good_run(), good_run((), ())])
def test_what_is_read_back_equals_what_was_written(run: RunResult) -> None:
    text = dumps(run)
    assert loads(text) == run
    assert dumps(loads(text)) == text


def test_it_has_the_keys_that_the_first_gate_promised() -> None:
    data = json.loads(dumps(run_result()))
    assert {"format", "version", "verdict", "cluster", "profile", "seed"} <= set(data)
    assert (data["format"], data["version"]) == ("holdfast-verdict", 1)
    assert {"uid", "versions"} <= set(data["cluster"])
    for check in data["checks"]:
        assert {"id", "title", "severity", "verdict", "evidence", "remedy", "source"} <= set(check)
    named = {"fault", "variant", "target", "nodes", "phases", "manifested", "probes", "service"}
    assert named | {"redundancy", "verdict", "reason"} <= set(data["experiments"][0])
    seen = data["experiments"][2]["probes"][0]
    assert {"samples", "outages", "degradations", "budget", "recover", "verdict"} <= set(seen)
    assert seen["outages"][0]["length"] == {"lower": 1.2, "upper": 1.31}


def test_a_length_without_an_end_is_null_and_never_a_number() -> None:
    data = to_data(run_result())
    assert data["experiments"][2]["probes"][1]["outages"][0]["length"]["upper"] is None


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_refused_by_its_name(value: float) -> None:
    bad = probe("api-write", longest_outage=Bounds(lower=0.0, upper=value))
    run = good_run(experiments=[experiment("etcd_stop", "etcd_leader", probe("a"), bad)])
    with pytest.raises(ReportError, match=r"^experiments\[0\]\.probes\[1\]\.longest_outage\.upper"):
        dumps(run)


def test_a_text_with_half_a_character_comes_back() -> None:
    run = good_run(reason="a file called \udcff")
    assert json.loads(dumps(run))["reason"] == run.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2"),
        ({"format": "holdfast-timeline"}, "no verdict of Holdfast"),
        ({"seed": "7"}, "seed"),
        ({"verdict": "FINE"}, "verdict"),
        ({"checks": None}, "checks"),
    ],
)
def test_what_is_no_verdict_is_refused_with_the_reason(
    change: dict[str, object], said: str
) -> None:
    with pytest.raises(ReportError, match=said):
        from_data(to_data(run_result()) | change)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ReportError):
        loads(text)


def test_a_field_that_is_missing_is_refused_and_one_that_was_added_later_is_passed_over() -> None:
    data = to_data(run_result())
    assert from_data(data | {"added_later": 1}) == run_result()
    del data["reason"]
    with pytest.raises(ReportError, match="reason"):
        from_data(data)


def test_a_run_that_has_not_passed_never_ends_with_0() -> None:
    codes = {verdict: exit_code(verdict) for verdict in Verdict}
    assert codes.pop(Verdict.PASS) == 0
    assert codes.pop(Verdict.UNHEALED) == 4
    assert set(codes.values()) == {1}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_interruption_is_told_unless_something_is_still_broken(verdict: Verdict) -> None:
    expected = 4 if verdict is Verdict.UNHEALED else 130
    assert exit_code(verdict, interrupted=True) == expected


def test_the_example_has_every_verdict_and_a_waiver() -> None:
    run = run_result()
    verdicts = {check.verdict for check in run.checks}
    assert verdicts | {one.verdict for one in run.experiments} == set(Verdict)
    assert any(check.waiver for check in run.checks)
