"""The inventory's schema and its example: current, complete, explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster import inventory_schema
from chaos.cluster.inventory import load
from chaos.cluster.inventory_yaml import read_yaml

EXAMPLE = Path(__file__).parents[2] / "clusters" / "example.yaml"
EXAMPLE_CONTENT = read_yaml(EXAMPLE).plain
SCHEMA: dict[str, Any] = json.loads(inventory_schema.schema())


def fields(part: dict[str, Any], path: str = "") -> Iterator[str]:
    """The path of every field that the schema knows; `[]` for a list's items, `*` for any name."""
    for choice in (part, *part.get("anyOf", ()), *part.get("allOf", ())):
        if "$ref" in choice:
            yield from fields(SCHEMA["$defs"][choice["$ref"].rpartition("/")[2]], path)
        for name, inner in choice.get("properties", {}).items():
            here = f"{path}.{name}".lstrip(".")
            yield here
            yield from fields(inner, here)
        if isinstance(choice.get("items"), dict):
            yield from fields(choice["items"], f"{path}[]")
        if isinstance(choice.get("additionalProperties"), dict):
            yield from fields(choice["additionalProperties"], f"{path}.*")


def values(content: Any, path: list[str]) -> list[Any]:
    """What stands at a path, in all items and under all names."""
    if not path:
        return [content]
    first, rest = path[0], path[1:]
    if isinstance(content, dict):
        found = content.values() if first == "*" else [content[first]] if first in content else []
    else:
        found = content if first == "[]" else []
    return [value for one in found for value in values(one, rest)]


FIELDS = sorted(fields(SCHEMA))


def split(path: str) -> list[str]:
    return path.replace("[]", ".[]").split(".")


def test_the_committed_schema_is_current() -> None:
    assert inventory_schema.FILE.read_text() == inventory_schema.schema(), (
        "run `python -m chaos.cluster.inventory_schema`"
    )


def test_it_is_written_where_editors_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = EXAMPLE.read_text().splitlines()[0].rpartition("=")[2]
    assert EXAMPLE.parent / named == inventory_schema.FILE
    monkeypatch.setattr(inventory_schema, "FILE", tmp_path / "schema.json")
    inventory_schema.main()
    assert json.loads((tmp_path / "schema.json").read_text()) == SCHEMA


def test_the_schema_knows_the_fields() -> None:
    assert len(FIELDS) > 50
    assert "nodes[].zone" in FIELDS
    assert "budgets.*.probes.*.longest_outage" in FIELDS


def test_every_part_refuses_unknown_fields() -> None:
    parts = [SCHEMA, *(p for p in SCHEMA["$defs"].values() if p["type"] == "object")]
    assert all(part["additionalProperties"] is False for part in parts)


def test_every_field_is_described() -> None:
    for part in (SCHEMA, *SCHEMA["$defs"].values()):
        for name, field in part.get("properties", {}).items():
            kind = SCHEMA["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            told = field.get("description") or kind.get("description")
            assert told, f"{name} has no description"


def test_the_example_loads() -> None:
    inventory = load(EXAMPLE, files=False)
    assert len(inventory.nodes) == 7
    assert not inventory.allows("all of it")


@pytest.mark.parametrize("field", FIELDS)
def test_the_example_has_every_field(field: str) -> None:
    assert values(EXAMPLE_CONTENT, split(field)), f"{field} is not in {EXAMPLE.name}"


@pytest.mark.parametrize("field", FIELDS)
def test_the_example_explains_every_field(field: str) -> None:
    lines = EXAMPLE.read_text().splitlines()
    name = split(field)[-1]
    first = next(i for i, text in enumerate(lines) if text.lstrip(" -").startswith(f"{name}:"))
    # What belongs together shares a comment, a little further up.
    above = lines[max(0, first - 3) : first]
    assert any(text.lstrip().startswith("#") for text in above), f"{field}: no comment above"
