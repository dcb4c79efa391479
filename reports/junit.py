"""`junit.xml`, in the form that pytest writes and CI servers read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from chaos.result import RunResult
from reports.cases import CONFORMANCE, RESILIENCE, RUN, Case, Standing, cases

# The element that says it; a waived or uncovered item is skipped, everything red is not.
_ELEMENTS = {
    Standing.WAIVED: "skipped",
    Standing.NOT_COVERED: "skipped",
    Standing.INCONCLUSIVE: "failure",
    Standing.FAILED: "failure",
    Standing.UNHEALED: "error",
}


def junit(run: RunResult) -> str:
    """One suite for conformance, one for resilience.

    FAIL is a failure, INCONCLUSIVE a failure of type `inconclusive`, UNHEALED an error,
    NOT_COVERED skipped unless it is critical and not waived: then it is inconclusive.
    """
    found = cases(run)
    root = ET.Element("testsuites", {"name": f"holdfast {run.profile}", **_counts(found)})
    for name in (CONFORMANCE, RESILIENCE, RUN):
        mine = [case for case in found if case.suite == name]
        if mine or name != RUN:
            _suite(root, name, mine, run)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="utf-8"?>\n', "\n")
    )


def _suite(root: ET.Element, name: str, mine: Sequence[Case], run: RunResult) -> None:
    about = {"name": name, **_counts(mine), "timestamp": run.begins}
    suite = ET.SubElement(root, "testsuite", about)
    told = {
        "run": run.run,
        "profile": run.profile,
        "seed": str(run.seed),
        "cluster": run.cluster.name,
        "cluster-uid": run.cluster.uid,
        "verdict": run.verdict.value,
    }
    _properties(suite, told)
    for case in mine:
        _case(suite, case)


def _case(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(
        suite,
        "testcase",
        classname=f"{case.suite}.{case.topic}",
        name=case.name,
        time=f"{case.seconds:.3f}",
    )
    _properties(element, dict(case.properties))
    kind = _ELEMENTS.get(case.standing)
    if kind:
        said = ET.SubElement(element, kind, type=case.standing.value, message=case.message)
        said.text = case.text
    else:
        ET.SubElement(element, "system-out").text = case.text


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    if values:
        properties = ET.SubElement(parent, "properties")
        for name, value in values.items():
            ET.SubElement(properties, "property", name=name, value=value)


def _counts(mine: Sequence[Case]) -> dict[str, str]:
    kinds = [_ELEMENTS.get(case.standing, "") for case in mine]
    return {
        "tests": str(len(mine)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(case.seconds for case in mine):.3f}",
    }
