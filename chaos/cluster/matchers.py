"""The matchers of labels that Prometheus and Alertmanager share: `job="a"`, `team=~"b|c"`.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXT = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`"""
LABELS = rf"""\{{(?:[^}}"'`]|{TEXT})*\}}"""
_QUOTED = re.compile(TEXT)
_MATCHER = re.compile(
    rf"""(?P<label>[A-Za-z_][A-Za-z0-9_.]*|{TEXT})\s*(?P<how>=~|!~|!=|=)\s*(?P<value>{TEXT})"""
    rf"""|(?P<name>{TEXT})"""
)


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a label must be.

    Args:
        how: `=`, `!=`, `=~` or `!~`.
    """

    label: str
    how: str
    value: str

    @property
    def wants(self) -> bool:
        """Whether it says what the label is, and not what it is not."""
        return self.how in ("=", "=~")

    def fits(self, value: str) -> bool:
        """Whether a label of this value is of it; a pattern that cannot be read fits nothing."""
        try:
            is_it = (
                re.fullmatch(self.value, value) is not None
                if "~" in self.how
                else value == self.value
            )
        except re.error:
            return False
        return is_it is self.wants


def matchers_of(text: str) -> tuple[Matcher, ...]:
    """The matchers in the braces of a selector.

    >>> matchers_of('up{job="a",instance!~"b.*"}')[1]
    Matcher(label='instance', how='!~', value='b.*')
    """
    _, _, inside = text.partition("{")
    return tuple(
        Matcher("__name__", "=", _bare(m["name"]))
        if m["name"]
        else Matcher(_bare(m["label"]), m["how"], _bare(m["value"]))
        for m in _MATCHER.finditer(inside)
    )


def _bare(text: str) -> str:
    """A text without its quotes, and with what its backslashes stand for."""
    if not _QUOTED.fullmatch(text):
        return text
    inside = text[1:-1]
    return inside if text[0] == "`" else re.sub(r"\\(.)", r"\1", inside)
