"""keepalived's configuration, as far as it tells how fast an address moves.

Source: keepalived.conf(5).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chaos.cluster.facts import KeepalivedConfig, VrrpInstance, VrrpScript

_INCLUDES = ("include", "includer", "includem", "includew", "includeb", "includea")
_MACRO = re.compile(r"\s*\$(\w+)\s*=(.*)")
_USED = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(slots=True)
class _Block:
    words: list[str]
    lines: list[list[str]] = field(default_factory=list)
    blocks: list[_Block] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.words[1] if len(self.words) > 1 else ""

    def value(self, word: str, default: str) -> str:
        """What follows this word."""
        found = (line[1] for line in self.lines if line[0] == word and len(line) > 1)
        return next(found, default)

    def has(self, word: str) -> bool:
        """Whether a line begins with this word."""
        return any(line[0] == word for line in self.lines)

    def inside(self, word: str) -> list[list[str]]:
        """The lines of the block of this word."""
        return [line for b in self.blocks if b.words[0] == word for line in b.lines]


def parse_keepalived(text: str) -> KeepalivedConfig:
    """The virtual addresses and scripts of a configuration.

    Raises:
        ValueError: it is none.
    """
    top = _Block(["top"])
    open_: list[_Block] = [top]
    for words in _tokens(_expanded(text)):
        if words[-1] == "{":
            block = _Block(words[:-1] or ["?"])
            open_[-1].blocks.append(block)
            open_.append(block)
        elif words == ["}"]:
            if len(open_) == 1:
                raise ValueError("a brace closes nothing")
            open_.pop()
        else:
            open_[-1].lines.append(words)
    if len(open_) > 1:
        raise ValueError(f'the block "{" ".join(open_[-1].words)}" does not end')
    scripts = (
        *(_script(b) for b in top.blocks if b.words[0] == "vrrp_script"),
        *(_process(b) for b in top.blocks if b.words[0] == "vrrp_track_process"),
    )
    groups = [b for b in top.blocks if b.words[0] == "vrrp_sync_group"]
    weights = {one.name: one.weight for one in scripts}
    return KeepalivedConfig(
        instances=tuple(
            _instance(b, groups, weights) for b in top.blocks if b.words[0] == "vrrp_instance"
        ),
        scripts=scripts,
        includes=tuple(_included(top)),
    )


def _expanded(text: str) -> str:
    """The text with its macros (`$NAME=VALUE` lines) put in for `$NAME` and `${NAME}`."""
    macros: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        if found := _MACRO.match(line):
            macros[found[1]] = _with(macros, found[2].strip())
        else:
            lines.append(_with(macros, line))
    return "\n".join(lines)


def _with(macros: dict[str, str], text: str) -> str:
    return _USED.sub(lambda used: macros.get(used[1] or used[2], used[0]), text)


def _included(block: _Block) -> Iterator[str]:
    for line in block.lines:
        if line[0] in _INCLUDES:
            yield " ".join(line[1:])
    for inner in block.blocks:
        yield from _included(inner)


def _tokens(text: str) -> Iterator[list[str]]:
    """Each line's words; braces end a line of their own."""
    for line in text.splitlines():
        lexer = shlex.shlex(line.partition("!")[0], posix=True, punctuation_chars="{}")
        lexer.commenters = "#"
        lexer.whitespace_split = True
        words: list[str] = []
        for word in lexer:
            if word == "}":
                if words:
                    yield words
                yield ["}"]
                words = []
                continue
            words.append(word)
            if word == "{":
                yield words
                words = []
        if words:
            yield words


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text))


def _script(block: _Block) -> VrrpScript:
    timeout = block.value("timeout", "")
    return VrrpScript(
        name=block.name,
        command=block.value("script", ""),
        interval=_seconds(block.value("interval", "1")),
        timeout=_seconds(timeout) if timeout else None,
        fall=int(block.value("fall", "1")),
        rise=int(block.value("rise", "1")),
        weight=int(block.value("weight", "0")),
    )


def _process(block: _Block) -> VrrpScript:
    delay = block.value("terminate_delay", block.value("delay", "0"))
    return VrrpScript(
        name=block.name,
        command=f"process {block.value('process', '')}",
        interval=timedelta(),
        timeout=_seconds(delay),
        fall=1,
        rise=1,
        # Unlike a script's, which gives the address up where it says nothing of a weight.
        weight=int(block.value("weight", "1")),
    )


def _instance(block: _Block, groups: list[_Block], weights: Mapping[str, int]) -> VrrpInstance:
    mine = [g for g in groups if any(block.name in line for line in g.inside("group"))]
    own = {line[0]: _weight(line) for line in _tracked(block)}
    if any(not (g.has("sync_group_tracking_weight") or g.has("global_tracking")) for g in mine):
        # In a group that falls together keepalived ignores what has a weight.
        own = {
            name: said
            for name, said in own.items()
            if not (weights.get(name, 0) if said is None else said)
        }
    shared = {line[0]: _weight(line) for group in mine for line in _tracked(group)}
    tracked = shared | own
    moved = [*block.inside("virtual_ipaddress"), *block.inside("virtual_ipaddress_excluded")]
    return VrrpInstance(
        name=block.name,
        interface=block.value("interface", ""),
        priority=int(block.value("priority", "100")),
        advert=_seconds(block.value("advert_int", "1")),
        preempts=not block.has("nopreempt"),
        addresses=tuple(line[0].partition("/")[0] for line in moved),
        scripts=tuple(tracked),
        weights={name: said for name, said in tracked.items() if said is not None},
    )


def _tracked(block: _Block) -> list[list[str]]:
    return [*block.inside("track_script"), *block.inside("track_process")]


def _weight(line: list[str]) -> int | None:
    """The weight that a line of `track_script` gives its script, if it does."""
    return int(line[2]) if line[1:2] == ["weight"] and line[2:] else None
