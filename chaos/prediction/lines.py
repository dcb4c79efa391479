"""Where in a configuration a setting stands, so that a term can name the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SECTIONS = ("global", "defaults", "frontend", "backend", "listen")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of HAProxy's configuration: its section's kind and name, its number, its words."""

    kind: str
    name: str
    number: int
    words: tuple[str, ...]

    def begins(self, *words: str) -> bool:
        """Whether these are its first words."""
        return self.words[: len(words)] == words


def lines(text: str) -> Iterator[Line]:
    """The lines of HAProxy's configuration that say something."""
    kind = name = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        words = tuple(raw.partition("#")[0].split())
        if not words:
            continue
        if words[0] in _SECTIONS and not raw[:1].isspace():
            kind, name = words[0], words[1] if len(words) > 1 else ""
        else:
            yield Line(kind, name, number, words)


def setting(text: str, backend: str, *words: str) -> Line | None:
    """The line that decides a keyword of a backend: its own last one, or that of `defaults`."""
    found = None
    for line in lines(text):
        if not line.begins(*words):
            continue
        own = line.kind in ("backend", "listen") and line.name == backend
        if own or (line.kind == "defaults" and (found is None or found.kind == "defaults")):
            found = line
    return found


def option(text: str, backend: str, server: str, word: str) -> Line | None:
    """The line that gives a server this option: its own, or a `default-server`."""
    found = None
    for line in lines(text):
        if word not in line.words:
            continue
        here = line.kind in ("backend", "listen") and line.name == backend
        if here and line.begins("server", server):
            return line
        if line.begins("default-server") and (here or line.kind == "defaults"):
            found = line
    return found


def global_setting(text: str, word: str) -> Line | None:
    """The line of the section `global` that begins with this word."""
    return next((x for x in lines(text) if x.kind == "global" and x.begins(word)), None)


def keepalived_line(text: str, block: str, word: str) -> int | None:
    """The number of the first line with this word inside a block, as `vrrp_instance api`.

    An empty block means the first line with this word anywhere.
    """
    depth, inside = 0, not block
    for number, raw in enumerate(text.splitlines(), start=1):
        words = raw.partition("!")[0].partition("#")[0].replace("{", " { ").split()
        if not depth and block and words[:-1] == block.split():
            inside = True
        if inside and words[:1] == [word]:
            return number
        depth += words.count("{") - words.count("}")
        if block and inside and not depth:
            inside = False
    return None
