"""Write the inventory's JSON Schema, which editors check a file against while it is written.

Run it as `python -m chaos.cluster.inventory_schema` after a change of the inventory's fields.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chaos.cluster.inventory import Inventory

FILE = Path(__file__).parents[2] / "clusters" / "inventory.schema.json"


def schema() -> str:
    """The schema, as it is written to the file."""
    content = Inventory.model_json_schema()
    _tidy(content)
    # What pydantic serialises as ISO 8601 is written another way by people.
    defaults = {
        "Backups": {"max_age": "24h"},
        "EtcdPart": {"fsync_p99": "10ms", "commit_p99": "25ms"},
    }
    for part, fields in defaults.items():
        for name, text in fields.items():
            content["$defs"][part]["properties"][name]["default"] = text
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Inventory"}
    return json.dumps(top | content, indent=2) + "\n"


def _tidy(part: Any) -> None:
    """Leave out what says nothing: titles made of names, and defaults that are null."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        if part.get("default", ...) is None:
            del part["default"]
        for inner in part.values():
            _tidy(inner)
    if isinstance(part, list):
        for inner in part:
            _tidy(inner)


def main() -> None:
    """Write it to its file."""
    FILE.write_text(schema(), encoding="utf-8")
    print(FILE)


if __name__ == "__main__":
    main()
