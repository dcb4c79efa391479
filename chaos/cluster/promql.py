"""The selectors in an expression of Prometheus: which series it needs, and what of them.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.cluster.matchers import LABELS, TEXT, Matcher, matchers_of

_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_SETS = {"and", "or", "unless"}
# Words of the language where a value has just ended; elsewhere they may name a metric.
_BEHIND = {
    *_SETS,
    *("by", "without", "on", "ignoring", "group_left", "group_right"),
    *("offset", "atan2", "smoothed", "anchored"),
    # Of VictoriaMetrics.
    *("if", "ifnot", "default", "keep_metric_names", "limit"),
}
_NUMBERS = {"inf", "nan"}
_TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)|(?P<text>{TEXT})|(?P<labels>{LABELS})"""
    r"""|(?P<range>\[[^\]]*\])|(?P<name>[A-Za-z_:][A-Za-z0-9_:.]*)"""
    r"""|(?P<number>[0-9.](?:[eE][+-][0-9]|[0-9a-zA-Z_.])*)"""
    r"""|(?P<open>\()|(?P<close>\))|(?P<compares>==|!=|<=|>=|<|>)|(?P<other>\S)"""
)
_Token = tuple[str, str]
_HOLDS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector.

    Args:
        text: as it can be asked for: `up{job="x"}`.
        absent: whether it stands in absent(): that it finds nothing is then what is alerted.
        spared: whether it stands behind `unless`: what it does not find takes nothing away.
        branch: of the alternatives with `or` between them, in which one it stands.
        compared: what it is held against, as `("==", 0.0)`, where that is one number.
        calls: the functions in whose brackets it stands, the innermost last.
    """

    text: str
    absent: bool = False
    spared: bool = False
    branch: int = 0
    compared: tuple[str, float] | None = None
    calls: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The metric; a pattern or nothing where the braces say it."""
        return self.text.partition("{")[0] or next(
            (one.value for one in self.matchers if one.label == "__name__"), ""
        )

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        """What its labels must be."""
        return matchers_of(self.text)

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with these labels, and others that are not known, may be of it."""
        return all(m.fits(labels[m.label]) for m in self.matchers if m.label in labels)

    def tells(self, value: float) -> bool:
        """Whether a series with this value is told; where it is not plain: that it is."""
        if self.compared is None or "count" in self.calls:
            return True
        return bool(_HOLDS[self.compared[0]](value, self.compared[1]))


def selectors(query: str) -> tuple[Selector, ...]:
    """Every selector of an expression, each once.

    >>> [(one.text, one.absent) for one in selectors('absent(up{job="a"}) or rate(x[5m]) > 1')]
    [('up{job="a"}', True), ('x', False)]
    """
    return tuple(dict.fromkeys(_read(query)))


def _read(query: str) -> Iterator[Selector]:
    found = ((m.lastgroup or "", m.group()) for m in _TOKEN.finditer(query))
    tokens = [one for one in found if one[0] != "comment"]
    calls: list[str] = []  # the functions whose brackets are open
    spared: int | None = None  # how many were at the `unless` that we stand behind
    branch, i, called, ended = 0, 0, "", False
    while i < len(tokens):
        kind, text = tokens[i]
        word = text.lower() if kind == "name" else ""
        after = tokens[i + 1] if i + 1 < len(tokens) else ("", "")
        if word in _LISTS and after[0] == "open":
            i = _behind(tokens, i + 1)  # labels, and no metrics
        elif ended and word in _BEHIND:
            if word in _SETS and spared in (None, len(calls)):
                spared = len(calls) if word == "unless" else None
            branch += word == "or" and not calls
            ended = word in ("smoothed", "anchored", "keep_metric_names")
            i += 1
        elif word == "bool" and i and tokens[i - 1][0] == "compares":
            i += 1
        elif word and word not in _NUMBERS and after[0] == "open":
            called, i = word, i + 1
        elif word and after[1].lower() in ("by", "without") and _lists(tokens, i + 1):
            called, i = word, i + 1  # an aggregation, whose labels come before what it is of
        elif kind == "labels" or (word and word not in _NUMBERS):
            labels = after[1] if word and after[0] == "labels" else ""
            i += 1 + bool(labels)
            yield Selector(
                text=text + labels,
                absent=any(call.startswith("absent") for call in calls),
                spared=spared is not None,
                branch=branch,
                compared=_compared(tokens, i),
                calls=tuple(filter(None, calls)),
            )
            ended = True
        else:
            if kind == "open":
                calls.append(called)
                called = ""
            elif kind == "close" and calls:
                calls.pop()
                spared = None if spared is not None and spared > len(calls) else spared
            ended = kind in ("close", "number", "text", "range") or word in _NUMBERS
            i += 1


def _lists(tokens: list[_Token], i: int) -> bool:
    return i + 1 < len(tokens) and tokens[i + 1][0] == "open"


def _behind(tokens: list[_Token], opening: int) -> int:
    """The place behind the bracket that closes this one."""
    i = opening
    while i < len(tokens) and tokens[i][0] != "close":
        i += 1
    return i + 1


def _compared(tokens: list[_Token], i: int) -> tuple[str, float] | None:
    """What the value that ends before this place is held against: one number, or nothing."""
    rest = [*tokens[i:], ("", ""), ("", ""), ("", ""), ("", "")]
    i = 0
    while rest[i][0] in ("range", "close") or rest[i][1].lower() in ("by", "without"):
        i = _behind(rest, i + 1) if rest[i][0] == "name" else i + 1
    if i + 3 >= len(rest) or rest[i][0] != "compares":
        return None
    sign, at = rest[i][1], i + 1
    at += rest[at][1].lower() == "bool"
    number, then = rest[at : at + 2]
    if number[0] != "number" or then[0] == "other":
        return None
    try:
        return sign, float(number[1])
    except ValueError:
        return None
