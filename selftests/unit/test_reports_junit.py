"""junit.xml: what a CI server makes of it is what the run said."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

import pytest

from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports.junit import junit
from selftests.unit.reports_support import check, experiment, good_run, run_result

# What pytest itself writes (xunit2), and servers therefore read.
KNOWN = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
    "properties": set(),
    "property": {"name", "value"},
}


def parsed(run: RunResult) -> ET.Element:
    return ET.fromstring(junit(run))


def outcomes(run: RunResult) -> dict[str, tuple[str, str]]:
    """What each case says: the element and its type."""
    said = {}
    for case in parsed(run).iter("testcase"):
        marks = [(e.tag, e.attrib["type"]) for e in case if "type" in e.attrib]
        assert len(marks) <= 1
        said[case.attrib["name"]] = marks[0] if marks else ("passed", "")
    return said


def test_every_verdict_has_its_own_outcome() -> None:
    said = outcomes(run_result())
    assert said["etcd-odd-voters"] == ("passed", "")
    assert said["apiserver-names"] == ("failure", "failed")
    assert said["balancer-health"] == ("failure", "inconclusive")
    assert said["encryption-at-rest"] == ("skipped", "not covered")
    assert said["etcd-backup"] == ("failure", "inconclusive"), "critical, not covered, not waived"
    assert said["spread-declared"] == ("skipped", "waived")
    assert said["etcd_stop-etcd_leader"] == ("passed", "")
    assert said["zone_partition-zone-b"] == ("failure", "failed")
    assert said["containerd_stop-one-control-plane"] == ("failure", "inconclusive")
    assert said["balancer_kill-vip_holder"] == ("error", "unhealed")
    assert said["etcd_stop-silent"] == ("failure", "inconclusive"), "not tried, not waived"
    assert len(said) == 16


@pytest.mark.parametrize("severity", ["critical", "minor"])
@pytest.mark.parametrize("waiver", ["", "agreed"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_inconclusive_and_unhealed_are_never_waived_away(
    verdict: Verdict, waiver: str, severity: str
) -> None:
    one = check("a-b", "A", verdict, severity=severity, waiver=waiver)
    kind, _ = outcomes(good_run([one], []))["a-b"]
    red = {Verdict.INCONCLUSIVE: "failure", Verdict.UNHEALED: "error"}
    green = {Verdict.PASS: "passed"}
    uncovered = "failure" if severity == "critical" else "skipped"
    other = {Verdict.FAIL: "failure", Verdict.NOT_COVERED: uncovered}
    waived = dict.fromkeys(other, "skipped")
    assert kind == (red | green | (waived if waiver else other))[verdict]


def test_it_is_made_of_what_pytest_writes_and_counts_what_it_holds() -> None:
    root = parsed(run_result())
    for element in root.iter():
        assert set(element.attrib) <= KNOWN[element.tag]
    assert [suite.attrib["name"] for suite in root] == ["conformance", "resilience"]
    for level in (root, *root):
        cases = list(level.iter("testcase"))
        assert int(level.attrib["tests"]) == len(cases)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(level.attrib[count]) == len(list(level.iter(tag)))
        took = sum(float(case.attrib["time"]) for case in cases)
        assert float(level.attrib["time"]) == pytest.approx(took)


def test_the_message_says_why_and_the_text_how_to_mend_it() -> None:
    failures = parsed(run_result()).iter("failure")
    said = next(f for f in failures if "does not name" in f.attrib["message"])
    assert said.text
    assert "cp-1 and cp-3 name both." in said.text
    assert "Remedy: Renew it" in said.text


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.PASS])
def test_a_run_that_did_not_pass_is_never_all_green(verdict: Verdict) -> None:
    run = good_run(verdict=verdict, reason="nothing ran", interrupted="SIGTERM")
    assert outcomes(run)["verdict"][0] == ("error" if verdict is Verdict.UNHEALED else "failure")
    told = good_run([], [experiment("a", "b", verdict=Verdict.FAIL)], verdict=Verdict.FAIL)
    assert "verdict" not in outcomes(told), "a case says it already"


def test_a_run_of_nothing_has_both_suites() -> None:
    root = parsed(good_run([], []))
    assert [(s.attrib["name"], s.attrib["tests"]) for s in root] == [
        ("conformance", "0"),
        ("resilience", "0"),
    ]


def test_markup_in_evidence_stays_text() -> None:
    odd = check("a-b", "A", Verdict.FAIL, '<b> & ]]> "quoted"', remedy="")
    run = dataclasses.replace(good_run(), checks=(odd,))
    failure = next(parsed(run).iter("failure"))
    assert failure.attrib["message"] == 'FAIL: <b> & ]]> "quoted"'
