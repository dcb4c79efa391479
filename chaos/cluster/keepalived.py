"""keepalived's configuration, as far as it tells how fast an address moves.

Source: keepalived.conf(5).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from chaos.cluster.facts import KeepalivedConfig, VrrpInstance, VrrpScript


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
    for words in _tokens(text):
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
    return KeepalivedConfig(
        instances=tuple(_instance(b) for b in top.blocks if b.words[0] == "vrrp_instance"),
        scripts=tuple(_script(b) for b in top.blocks if b.words[0] == "vrrp_script"),
    )


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


def _instance(block: _Block) -> VrrpInstance:
    return VrrpInstance(
        name=block.name,
        interface=block.value("interface", ""),
        priority=int(block.value("priority", "100")),
        advert=_seconds(block.value("advert_int", "1")),
        preempts=not block.has("nopreempt"),
        addresses=tuple(line[0].partition("/")[0] for line in block.inside("virtual_ipaddress")),
        scripts=tuple(line[0] for line in block.inside("track_script")),
    )
