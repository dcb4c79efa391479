"""Markdown that data cannot break: tables and lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; none without a row."""
    lines = [" | ".join(("", *names, "")), " | ".join(("", *("---" for _ in names), ""))]
    lines += [" | ".join(("", *map(inline, row), "")) for row in rows]
    return [line.strip() for line in lines] if len(lines) > 2 else []


def inline(text: str) -> str:
    """On one line, and nothing in it is taken for markup."""
    flat = " ".join(text.split())
    for character, escaped in (("|", "\\|"), ("<", "&lt;"), ("*", "\\*"), ("`", "\\`")):
        flat = flat.replace(character, escaped)
    return flat
