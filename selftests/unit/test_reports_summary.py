"""summary.md: what a reader needs, in the order in which it is needed."""

from __future__ import annotations

import dataclasses

import pytest
from markdown_it import MarkdownIt

from chaos.findings import Bounds
from chaos.measure.verdict import Verdict
from chaos.repeat import Distribution, Repeated
from reports import words
from reports.summary import experiment_summary, summary
from selftests.unit.reports_support import (
    EXPERIMENTS,
    check,
    experiment,
    good_run,
    probe,
    run_result,
)

TEXT = summary(run_result())


def row(starts: str, text: str = TEXT) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {starts} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_verdict_with_its_reason_comes_first_then_the_rest_in_order() -> None:
    lines = TEXT.splitlines()
    assert lines[0] == "# UNHEALED: gate on staging"
    assert lines[2].startswith("balancer_kill on vip_holder is not healed")
    titles = [line for line in lines if line.startswith("## ")]
    assert titles == ["## Experiments", "## Checks", "## Waived", "## Not covered"]
    assert "**Interrupted:** SIGTERM after balancer_kill" in lines


def test_an_experiment_is_told_with_both_bounds_of_each_judged_probe() -> None:
    assert row("etcd_stop (kill)") == [
        *("etcd_stop (kill)", "etcd_leader: cp-2", "yes", "api-read-new", "1.20–1.31 s"),
        *("30 s (sources)", "1.20–1.31 s", "12.4 s (budget 120 s)", "PASS"),
    ]
    assert "|  |  |  | api-write | 1.20–1.31 s | 30 s (sources) |  |  |  |" in TEXT
    assert "api-read-reused" not in TEXT, "it is not judged"


def test_what_has_no_end_is_not_told_as_if_it_had() -> None:
    assert "|  |  |  | api-write | ≥ 29.1 s, open |" in TEXT
    told = row("zone_partition (silent)")
    assert told[6:] == ["not in 29.5 s", "not seen (budget 120 s)", "FAIL"]


def test_every_bad_experiment_has_its_reason() -> None:
    assert "- **FAIL** zone_partition-zone-b: api-write: over budget" in TEXT
    assert "- **INCONCLUSIVE** containerd_stop-one-control-plane: the fault did not" in TEXT
    assert "- **UNHEALED** balancer_kill-vip_holder: lb-1:" in TEXT


def test_checks_stand_by_severity_with_evidence_and_remedy_where_they_did_not_pass() -> None:
    table = TEXT.split("## Checks")[1].split("###", maxsplit=1)[0]
    order = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    assert order[2:] == sorted(order[2:], key=["critical", "high", "low"].index)
    failed = TEXT.split("### FAIL: Every live certificate names the balancer")[1]
    assert "- cp-1 and cp-3 name both.\n- Remedy: Renew it" in failed


def test_waivers_and_what_was_not_covered_are_told_with_the_reason() -> None:
    assert "- spread-declared: moves with the next upgrade" in TEXT
    end = TEXT.split("## Not covered")[1]
    assert "- etcd-backup: The inventory names no backups. **It is critical" in end
    assert "- encryption-at-rest: No shell on the etcd nodes.\n" in end
    assert "- etcd_stop-silent: the inventory does not allow it" in end


def test_a_waiver_that_does_nothing_is_told_as_one() -> None:
    run = good_run([check("a-b", "A", Verdict.INCONCLUSIVE, waiver="agreed")], [])
    assert "- a-b: agreed (it is INCONCLUSIVE: the waiver does nothing)" in summary(run)


def test_every_waiver_is_shown_and_counted() -> None:
    checks = [
        check("a", "A", waiver="agreed"),
        check("b", "B", Verdict.FAIL, expired="over"),
        check("c", "C", Verdict.FAIL, waiver="known"),
    ]
    broken = experiment("etcd_stop", "one", verdict=Verdict.NOT_COVERED, waiver="not here")
    text = summary(good_run(checks, [broken]))
    assert "2 waived, 1 waiver expired, 1 waiver idle." in text.split("## Waived")[1]
    assert "- a: agreed (it is PASS: the waiver does nothing)" in text
    assert "- b: over (it has expired: it fails)" in text
    assert "- etcd_stop-one: not here\n" in text
    assert "| B | FAIL, waiver expired |" in text
    assert "| NOT COVERED, waived |" in text


@pytest.mark.parametrize("text", [TEXT, *map(experiment_summary, EXPERIMENTS)])
def test_its_tables_are_whole(text: str) -> None:
    tables = MarkdownIt("commonmark").enable("table").render(text).count("<table>")
    assert tables == sum(line.startswith("| ---") for line in text.splitlines())
    widths = {
        block: {line.replace("\\|", "").count("|") for line in block.splitlines()}
        for block in text.split("\n\n")
        if block.startswith("| ")
    }
    assert widths
    assert all(len(each) == 1 for each in widths.values())


def test_nothing_in_the_data_is_taken_for_markup() -> None:
    odd = check("a-b", "a | b\nc", Verdict.FAIL, "<script>alert(1)</script> *all*")
    text = summary(good_run([odd], []))
    assert "| a-b | a \\| b c | FAIL |" in text
    assert "<script>" not in text


def test_a_run_of_nothing_says_so_much() -> None:
    text = summary(good_run([], [], verdict=Verdict.INCONCLUSIVE, reason="nothing ran"))
    assert text.startswith("# INCONCLUSIVE: gate on staging\n\nnothing ran\n")
    assert "##" not in text


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (Bounds(lower=0.0, upper=0.0), "none"),
        (Bounds(lower=0.0, upper=0.08), "0.00–0.08 s"),
        (Bounds(lower=12.34, upper=123.4), "12.3–123 s"),
        (Bounds(lower=4.2, upper=None), "≥ 4.20 s, open"),
        (None, "–"),
    ],
)
def test_a_length_is_worded_with_both_bounds(length: Bounds | None, said: str) -> None:
    assert words.bounds(length) == said


def test_a_probe_that_saw_nothing_saw_no_outage_either_way() -> None:
    blind = probe("api-write", samples=40, ok=0, failed=0, not_sent=40)
    assert words.outage(blind) == "not seen"


def test_repeated_experiments_are_told_as_a_distribution() -> None:
    found = Distribution(n=19, endless=1, median=2.5, p95=None, max=None)
    one = Repeated(
        fault="etcd-stop",
        variant="kill",
        target="etcd_leader",
        n=20,
        verdicts={"PASS": 19, "INCONCLUSIVE": 1},
        figures={"api-write: longest outage": found},
    )
    assert "## Distribution" not in summary(run_result())
    text = summary(dataclasses.replace(run_result(), distributions=(one,)))
    assert "## Distribution" in text
    assert (
        "| etcd-stop (kill) | etcd_leader | api-write: longest outage | 2.50 s | without end "
        "| without end | 19 of 20 |"
    ) in text
