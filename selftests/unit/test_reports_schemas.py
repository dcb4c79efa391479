"""The committed JSON Schemas are those of the code, and real examples meet them.

The checker knows the few keywords that the schemas use, and refuses any other: what it does not
know it cannot vouch for.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chaos.measure.control import control_spec
from chaos.measure.lines import event_line, header_for, header_line, sample_line
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Event, Sample
from reports.schemas import FOLDER, schemas
from reports.verdict_json import to_data
from selftests.unit.reports_support import good_run, run_result

VERDICT = json.loads((FOLDER / "verdict.schema.json").read_text())
TIMELINE = json.loads((FOLDER / "timeline.schema.json").read_text())

NOTES = {"$schema", "$defs", "title", "description", "default", "format"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def is_a(kind: str, value: Any) -> bool:
    return isinstance(value, TYPES[kind]) and isinstance(value, bool) <= (kind == "boolean")


def meets(value: Any, rule: Any, top: dict[str, Any]) -> bool:
    if isinstance(rule, bool):
        return rule
    has: dict[str, Callable[[Any], bool]] = {
        "$ref": lambda name: meets(value, top["$defs"][name.removeprefix("#/$defs/")], top),
        "type": lambda t: any(is_a(kind, value) for kind in ([t] if isinstance(t, str) else t)),
        "const": lambda one: bool(value == one),
        "enum": lambda several: value in several,
        "anyOf": lambda rules: any(meets(value, one, top) for one in rules),
        "oneOf": lambda rules: sum(meets(value, one, top) for one in rules) == 1,
        "required": lambda names: set(names) <= set(value),
        "properties": lambda known: all(
            meets(value[name], one, top) for name, one in known.items() if name in value
        ),
        "additionalProperties": lambda one: all(
            meets(held, one, top)
            for name, held in value.items()
            if name not in rule.get("properties", {})
        ),
        "prefixItems": lambda rules: all(
            meets(item, one, top) for item, one in zip(value, rules, strict=False)
        ),
        "items": lambda one: all(
            meets(item, one, top) for item in value[len(rule.get("prefixItems", ())) :]
        ),
        "minItems": lambda least: len(value) >= least,
        "exclusiveMinimum": lambda limit: bool(value > limit),
    }
    unknown = set(rule) - set(has) - NOTES
    assert not unknown, f"the checker does not know {unknown}"
    if "type" in rule and not has["type"](rule["type"]):
        return False
    return all(has[key](said) for key, said in rule.items() if key in has)


def test_the_committed_schemas_are_those_of_the_code() -> None:
    committed = {file.name: file.read_text() for file in Path(FOLDER).glob("*.schema.json")}
    assert committed == schemas(), "write them: python -m reports.schemas"


@pytest.mark.parametrize("run", [run_result(), good_run(), good_run((), ())])
def test_a_verdict_meets_its_schema(run: Any) -> None:
    assert meets(json.loads(json.dumps(to_data(run))), VERDICT, VERDICT)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "holdfast-timeline"),
        (("version",), 2),
        (("verdict",), "FINE"),
        (("seed",), 7.5),
        (("cluster", "versions"), {"etcd": 3}),
        (("checks", 0, "evidence"), "one"),
        (("experiments", 0, "manifested"), 1),
        (("experiments", 0, "redundancy"), "12"),
        (("experiments", 2, "probes", 0, "outages", 0, "length"), None),
        (("experiments", 2, "probes", 0, "samples"), True),
    ],
)
def test_a_verdict_with_something_wrong_does_not_meet_it(path: tuple[Any, ...], value: Any) -> None:
    data: Any = copy.deepcopy(to_data(run_result()))
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert not meets(data, VERDICT, VERDICT)


@pytest.mark.parametrize("name", ["format", "version", "verdict", "reason", "checks"])
def test_a_verdict_without_a_key_does_not_meet_it(name: str) -> None:
    data = to_data(run_result())
    del data[name]
    assert not meets(data, VERDICT, VERDICT)


def test_the_schema_names_all_that_is_written() -> None:
    assert list(VERDICT["properties"]) == list(to_data(run_result()))


SAMPLE = Sample("api-write", 1.0, 1.0001, 1.2, Outcome.TIMEOUT, {"phase": "tls", "n": 3})
LINES = [
    header_line(header_for([control_spec()])),
    sample_line(SAMPLE),
    sample_line(Sample("control", 1.0, 1.0, 1.1, Outcome.OK)),
    event_line(Event(1.5, "injected", {"nodes": ["cp-1"]})),
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_a_timeline_meets_its_schema(line: bytes) -> None:
    assert meets(json.loads(line), TIMELINE, TIMELINE)


@pytest.mark.parametrize(
    "line",
    [
        {},
        [],
        ["api-write", 1.0, 1.0, 1.1],
        ["api-write", 1.0, 1.0, 1.1, "fine"],
        ["api-write", 1.0, 1.0, 1.1, "ok", {}, 7],
        {"event": "injected", "at": "1", "data": {}},
        {"event": "injected", "at": 1.0, "data": {}, "more": 1},
    ],
)
def test_what_is_no_line_of_a_timeline_does_not_meet_it(line: Any) -> None:
    assert not meets(line, TIMELINE, TIMELINE)
