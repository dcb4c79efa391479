"""The one choke point: whatever is written into a run's folder or shown goes through here.

A secret is replaced by «redacted: kind», so that a reader knows that something stood there and
what. It rather takes a word too many than leaves a secret: a report is mailed around.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reports.patterns import PATTERNS, SECRET_KEY, SECRETS, mark
from reports.plain import plain

_KINDS = frozenset({"Secret", "SecretList"})
_MAPS = ("data", "stringData")
_MAP = re.compile(r"(?<![\w.-])(data|stringData):\s*$")
# A line's end, or what it is where the text stands within JSON.
_BREAK = re.compile(r"(\n|\\+n)")


def redact(text: str) -> str:
    """A text without secrets, and without characters that would act on a terminal.

    It may be YAML, JSON, a log or a command's output; JSON stays JSON. What was redacted once
    stays as it is.
    """
    return hide(plain(text))


def hide(text: str) -> str:
    """The text without secrets, and else as it is."""
    if SECRETS.search(text):
        text = _yaml_secret(_json_secret(text))
    lowered = text.lower()
    for regex, replacement, needles in PATTERNS:
        if not needles or any(needle in lowered for needle in needles):
            text = regex.sub(replacement, text)
    return text


def redact_value(value: Any) -> Any:
    """Data as JSON knows it, with every text in it redacted, by its key too."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        secret = value.get("kind") in _KINDS
        return {redact(str(key)): _under(str(key), held, secret) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return _texts(value) or [redact_value(item) for item in value]
    return value


def redact_lines(text: str) -> str:
    """JSON values, one a line (a timeline): each stays one; what is torn is treated as text."""
    if hide(text) == text:  # as nearly every time: a scan of the whole takes a tenth of the time
        return text
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    if hide(line) == line:
        return line
    try:
        value = json.loads(line)
    except ValueError:
        return hide(line)
    return json.dumps(redact_value(value), separators=(",", ":"), ensure_ascii=False)


def _under(key: str, value: Any, secret: bool) -> Any:
    if secret and key in _MAPS and isinstance(value, dict):
        return {redact(str(name)): mark("Secret") for name in value}
    if secret and key == "items" and isinstance(value, list):
        return [redact_value({"kind": "Secret", **item}) for item in value]
    if isinstance(value, str) and value and SECRET_KEY.fullmatch(key):
        return value if value.startswith("«redacted") else mark("by its name")
    return redact_value(value)


def _texts(items: list[Any] | tuple[Any, ...]) -> list[str]:
    """Texts that are the lines of one secret, redacted as one; nothing where they are not."""
    if not all(isinstance(item, str) for item in items):
        return []
    one_by_one = "\n".join(map(redact, items))
    as_one = redact("\n".join(items))
    return [] if as_one == one_by_one else as_one.split("\n")


def _json_secret(text: str) -> str:
    """JSON of a Secret, also when it stands as text within JSON: no value of its maps is left."""
    return SECRETS.in_json.sub(rf"\1: {{\2{mark('Secret')}\2: \2\2}}", text)


def _yaml_secret(text: str) -> str:
    """YAML of a Secret: what is indented below its maps goes, up to the end of its text."""
    first, *rest = _BREAK.split(text)
    kept = [first]
    depth = _map_begins(first)
    for end, line in zip(rest[::2], rest[1::2], strict=True):
        if depth is None or (line.strip() and _indent(line) <= depth):
            kept += [end, line]
            depth = _map_begins(line)
            continue
        if kept[-1] != mark("Secret"):
            kept += [f"{end}{' ' * (depth + 2)}", mark("Secret")]
        # Within JSON a quotation mark with one backslash less than the line break ends the text.
        over = re.search(rf'(?<!\\)\\{{{len(end) - 2}}}"', line) if end != "\n" else None
        if over:
            kept.append(line[over.start() :])
            depth = None
    return "".join(kept)


def _map_begins(line: str) -> int | None:
    """How deep a Secret's map that begins in this line is indented."""
    found = _MAP.search(line)
    if not found:
        return None
    alone = line[: found.start(1)].strip(" -") == ""
    return found.start(1) if alone else 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
