"""The JSON Schema of a timeline's lines."""

from __future__ import annotations

from typing import Any

from chaos.measure.lines import FORMAT, VERSION
from chaos.measure.outcome import Outcome

_SECONDS = {"type": "number", "description": "CLOCK_MONOTONIC of the runner's machine, in seconds"}
_TEXT = {"type": "string"}


def _object(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def timeline_schema() -> dict[str, Any]:
    """The schema (2020-12) that every line of a timeline meets; the first meets `header`."""
    probe = {
        "name": _TEXT,
        "kind": _TEXT,
        "path": _TEXT,
        "rate": {"type": "number", "exclusiveMinimum": 0, "description": "Hz"},
        "timeout": {"type": "number", "exclusiveMinimum": 0, "description": "seconds"},
    }
    header = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "host": _TEXT,
        "boot": {**_TEXT, "description": "the kernel's boot id: whose monotonic clock this is"},
        "wall": {**_TEXT, "format": "date-time", "description": "the same instant as monotonic"},
        "monotonic": _SECONDS,
        "probes": {"type": "array", "items": _object(probe, "one probe")},
    }
    sample = [
        {**_TEXT, "description": "probe"},
        {**_SECONDS, "title": "due: the intended start"},
        {**_SECONDS, "title": "start"},
        {**_SECONDS, "title": "end"},
        {"enum": [str(outcome) for outcome in Outcome]},
        {
            "type": "object",
            "description": "detail",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    ]
    event = {"event": _TEXT, "at": _SECONDS, "data": {"type": "object"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}: one line",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in ("header", "sample", "event")],
        "$defs": {
            "header": _object(header, "the first line"),
            "sample": {
                "type": "array",
                "description": "one attempt of a probe",
                "prefixItems": sample,
                "items": False,
                "minItems": len(sample) - 1,
            },
            "event": _object(event, "something that the runner or the sampler did or saw"),
        },
    }
