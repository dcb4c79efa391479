"""The JSON Schemas of what a run leaves behind, made from the code that writes it."""

from __future__ import annotations

import json
from pathlib import Path

from chaos.history.schema import history_schema
from chaos.measure.schema import timeline_schema
from reports.verdict_json import schema

FOLDER = Path(__file__).parent


def schemas() -> dict[str, str]:
    """Each schema's text by the name of its file."""
    made = {
        "verdict.schema.json": schema(),
        "timeline.schema.json": timeline_schema(),
        "history.schema.json": history_schema(),
    }
    return {
        name: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for name, content in made.items()
    }
