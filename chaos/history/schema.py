"""The JSON Schema of a history's lines."""

from __future__ import annotations

from typing import Any

from chaos.history.lines import FORMAT, VERSION
from chaos.history.operation import Op, Result, Turn

_SECONDS = {"type": "number", "description": "CLOCK_MONOTONIC of the runner's machine, in seconds"}
_TEXT = {"type": "string"}
_NUMBER = {"type": "integer", "description": "the operation's number"}
_VERSION = {"type": "integer", "description": "resourceVersion of this object; 0: there is none"}


def _facts(**known: Any) -> dict[str, Any]:
    return {"type": "object", "description": "whatever else is known", "properties": known}


def _array(description: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "description": description,
        "prefixItems": list(items),
        "items": False,
        "minItems": len(items),
    }


def history_schema() -> dict[str, Any]:
    """The schema (2020-12) that every line of a history meets; the first meets `header`."""
    header = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "host": _TEXT,
        "boot": {**_TEXT, "description": "the kernel's boot id: whose monotonic clock this is"},
        "wall": {**_TEXT, "format": "date-time", "description": "the same instant as monotonic"},
        "monotonic": _SECONDS,
    }
    value = {"anyOf": [_TEXT, {"type": "null"}]}
    item = {"type": "array", "prefixItems": [_VERSION, value], "items": False, "minItems": 2}
    items = {"type": "object", "additionalProperties": item}
    kinds = {
        "invoke": _array(
            "an operation begins; nothing of it was sent before",
            {"const": "invoke"},
            _NUMBER,
            {**_TEXT, "description": "process"},
            {"enum": [str(op) for op in Op]},
            {**_TEXT, "description": "key"},
            _SECONDS,
            _facts(value=_TEXT, expected=_VERSION),
        ),
        "return": _array(
            "its result is known",
            {"const": "return"},
            _NUMBER,
            {"enum": [str(result) for result in Result]},
            _SECONDS,
            _facts(value=value, version=_VERSION, **{"class": _TEXT}),
        ),
        "change": _array(
            "a watch told of an object",
            {"const": "change"},
            {**_TEXT, "description": "watch"},
            {**_TEXT, "description": "ADDED, MODIFIED or DELETED"},
            {**_TEXT, "description": "key"},
            _SECONDS,
            _VERSION,
            _facts(value=_TEXT),
        ),
        "watch": _array(
            "what became of a watch itself",
            {"const": "watch"},
            {**_TEXT, "description": "watch"},
            {"enum": [str(turn) for turn in Turn]},
            _SECONDS,
            _facts(why=_TEXT, items=items),
        ),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}: one line",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in ("header", *kinds)],
        "$defs": {
            "header": {
                "type": "object",
                "description": "the first line",
                "properties": header,
                "required": list(header),
                "additionalProperties": False,
            },
            **kinds,
        },
    }
