"""`verdict.json`: the result model as JSON, exact both ways.

Within a version fields may be added, with a default, and none changes or goes: a reader passes over
what it does not know. Every number is finite; what is not known, and a length of which no end was
seen, is null.
"""

from __future__ import annotations

import functools
import json
import math
from enum import Enum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from chaos.result import FORMAT, VERSION, RunResult
from reports.errors import ReportError


@functools.cache
def _adapter() -> TypeAdapter[RunResult]:
    return TypeAdapter(RunResult)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a `verdict.json`."""
    content = _adapter().json_schema()
    _tidy(content)
    content["properties"] = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        **content["properties"],
    }
    content["required"] = ["format", "version", *content["required"]]
    top = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
    }
    return top | content


def to_data(run: RunResult) -> dict[str, Any]:
    """The run as what JSON knows, in the order of the model's fields.

    Raises:
        ReportError: a number is not finite; it says which.
    """
    data = _adapter().dump_python(run)
    return {"format": FORMAT, "version": VERSION, **_finite(data, "")}


def from_data(data: Any) -> RunResult:
    """The run again, equal to the one that was written.

    Raises:
        ReportError: it is no verdict, of another version, or not whole.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ReportError("This is no verdict of Holdfast.")
    if data.get("version") != VERSION:
        raise ReportError(
            f"This verdict is of version {data.get('version')!r}; this Holdfast reads {VERSION}."
        )
    try:
        # As JSON, for then strict knows arrays and names, and takes no text for a number.
        return _adapter().validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ReportError(f"This verdict is not whole: {where}: {first['msg']}.") from None


def dumps(run: RunResult) -> str:
    """The text of a `verdict.json`; the same run gives the same text.

    Raises:
        ReportError: a number is not finite; it says which.
    """
    return json.dumps(to_data(run), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str) -> RunResult:
    """The run of a `verdict.json`.

    Raises:
        ReportError: it is no JSON, no verdict, of another version, or not whole.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ReportError(f"This verdict is no JSON: {error}.") from None
    return from_data(data)


def _finite(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(held, f"{where}.{key}") for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, f"{where}[{n}]") for n, item in enumerate(value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        raise ReportError(f"{where.lstrip('.')} is {value}, and a verdict holds finite numbers.")
    return value


def _tidy(part: Any) -> None:
    """Leave out titles that only repeat a name, and docstrings' markup."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        if isinstance(part.get("description"), str):
            part["description"] = " ".join(part["description"].replace("`", "").split())
        for inner in part.values():
            _tidy(inner)
    if isinstance(part, list):
        for inner in part:
            _tidy(inner)
