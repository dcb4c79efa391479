"""Facts as JSON: kept beside a run, and judged again with no cluster."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from chaos.cluster.facts import VERSION, Facts
from chaos.errors import UsageError

_FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)


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
    except (ValueError, AttributeError):
        raise UsageError(f"{source}: it is no JSON of facts.") from None
    if version != VERSION:
        raise UsageError(
            f"{source}: its version is {version}, and {VERSION} is known here.",
            "Collect the facts anew, or use the Holdfast that wrote them.",
        )
    try:
        return _FACTS.validate_json(text)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{source}: {where}: {first['msg']}.") from None


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
