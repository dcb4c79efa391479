"""The selectors in an expression of Prometheus: which series it needs.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS = {
    *("and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right"),
    *("bool", "offset", "inf", "nan", "atan2", "start", "end"),
}
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?P<labels>\{[^}]*\})"""
    r"""|(?P<range>\[[^\]]*\])|(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)|(?P<number>[0-9][0-9a-zA-Z_.]*)"""
    r"""|(?P<open>\()|(?P<close>\))|(?P<other>\S)"""
)
_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector.

    Args:
        text: as it can be asked for: `up{job="x"}`.
        absent: whether it stands in absent(): that it finds nothing is then what is alerted.
    """

    text: str
    absent: bool


def selectors(query: str) -> tuple[Selector, ...]:
    """Every selector of an expression, each once.

    >>> selectors('absent(up{job="a"}) or rate(x[5m]) > 1')
    (Selector(text='up{job="a"}', absent=True), Selector(text='x', absent=False))
    """
    tokens = [(m.lastgroup or "", m.group()) for m in _TOKEN.finditer(query)]
    found: dict[Selector, None] = {}
    calls: list[str] = []  # the functions whose brackets are open
    i = 0
    while i < len(tokens):
        kind, text = tokens[i]
        after = tokens[i + 1] if i + 1 < len(tokens) else ("", "")
        if kind == "name" and text.lower() in _LISTS and after[0] == "open":
            i = _behind(tokens, i + 1)  # labels, and no metrics
            continue
        if kind == "name" and after[1].lower() in ("by", "without"):
            i += 1  # an aggregation, whose labels come before what it is of
            continue
        if kind == "name" and after[0] == "open":
            calls.append(text)
            i += 2
            continue
        if kind == "open":
            calls.append("")
        elif kind == "close" and calls:
            calls.pop()
        elif kind == "labels" or (kind == "name" and text.lower() not in _WORDS):
            labels = after[1] if kind == "name" and after[0] == "labels" else ""
            absent = any(call.startswith("absent") for call in calls)
            found[Selector(text + labels, absent)] = None
            i += bool(labels)
        i += 1
    return tuple(found)


def _behind(tokens: list[tuple[str, str]], opening: int) -> int:
    """The place behind the bracket that closes this one."""
    i = opening
    while i < len(tokens) and tokens[i][0] != "close":
        i += 1
    return i + 1
