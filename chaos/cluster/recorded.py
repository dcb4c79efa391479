"""Facts as JSON: kept beside a run, and judged again with no cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from chaos.cluster.facts import VERSION, Facts
from chaos.errors import UsageError

_FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)
# What may be a time without its zone: a day, or a day and a time and nothing behind it.
_ZONELESS = re.compile(r'"\d{4}-\d\d-\d\d(?:[T ][\d:.]+)?"')


def to_json(facts: Facts) -> str:
    """Facts as JSON; `from_json` makes the same of it."""
    return _FACTS.dump_json(facts, indent=1).decode() + "\n"


def from_json(text: str, *, source: str = "the recorded facts") -> Facts:
    """The reverse of `to_json`.

    Raises:
        UsageError: it holds no facts, or those of a version that is not known here.
    """
    try:
        version = json.loads(text).get("version")
    except (ValueError, AttributeError, RecursionError):
        raise UsageError(f"{source}: it is no JSON of facts.") from None
    if version != VERSION:
        raise UsageError(
            f"{source}: its version is {version}, and {VERSION} is known here.",
            "Collect the facts anew, or use the Holdfast that wrote them.",
        )
    try:
        facts = _FACTS.validate_json(text)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{source}: {where}: {first['msg']}.") from None
    if _ZONELESS.search(text) and (where := next(_zoneless(facts), "")):
        raise UsageError(f"{source}: {where}: its time has no zone.")
    return facts


def _zoneless(part: object, where: str = "") -> Iterator[str]:
    """Where times are that nobody can compare with others."""
    inner: Iterator[tuple[object, object]] = iter(())
    if isinstance(part, datetime):
        if part.tzinfo is None:
            yield where
    elif is_dataclass(part):
        inner = ((field.name, getattr(part, field.name)) for field in fields(part))
    elif isinstance(part, Mapping):
        inner = iter(part.items())
    elif isinstance(part, tuple):
        inner = enumerate(part)
    for name, value in inner:
        yield from _zoneless(value, f"{where}.{name}" if where else str(name))


def save(facts: Facts, file: Path) -> None:
    """Write facts into a file."""
    file.write_text(to_json(facts), encoding="utf-8")


def load(file: Path) -> Facts:
    """Read facts out of a file.

    Raises:
        UsageError: it is missing or holds no facts.
    """
    try:
        return from_json(file.read_text(encoding="utf-8"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: it cannot be read: {error}.") from None
