"""The files that machines are made of: templates filled in, and fixed ones."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jinja2

FOLDER = Path(__file__).parent / "templates"

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # nothing here is HTML
)
_environment.filters["b64"] = lambda text: base64.b64encode(text.encode()).decode()


def render(name: str, **values: Any) -> str:
    """Fill in a template of lab/templates; a value it names and is not given is an error."""
    return _environment.get_template(name).render(**values)
