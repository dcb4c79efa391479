"""What secrets look like.

No pattern eats a quotation mark or a backslash that belongs to the JSON around it, none matches
the mark that it leaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


def mark(kind: str) -> str:
    """What stands where a secret stood."""
    return f"«redacted: {kind}»"


@dataclass(frozen=True, slots=True)
class _Secrets:
    """Kubernetes Secrets as text. `in_json` has as groups the name, and its quotation mark."""

    kind: re.Pattern[str]
    in_json: re.Pattern[str]

    def search(self, text: str) -> bool:
        return bool(self.kind.search(text))


# Quotation marks may be escaped, for JSON is often held as text within JSON.
SECRETS = _Secrets(
    re.compile(r"""kind\\*["']?\s*:\s*\\*["']?Secret(?:List)?\b"""),
    re.compile(r"""(?<!\w)((\\*"|)(?:data|stringData)\2)\s*:\s*\{[^{}«]+\}"""),
)

_NAMES = (
    r"pass(?:word|wd|phrase)|auth_pass|client-key-data|clientKeyData|client[-_]?secret"
    r"|secret[-_]?(?:access[-_]?)?key|secret[-_]?id|api[-_]?key|private[-_]?key"
)
# Values under these names go whatever they look like.
SECRET_KEY = re.compile(rf"(?i)[\w.-]*(?:{_NAMES}|(?<![a-z])token)")

_AFTER = r"""\\*["']?\s*[:=]\s*"""
# A value up to where a bare one ends. Never the mark itself.
_BARE = r"""(?!«)[^\s"'\\,;}\]&<«]"""


class Pattern(NamedTuple):
    """What to look for, what to put there, and which texts, in small letters, it needs one of."""

    regex: re.Pattern[str]
    replacement: str
    needles: tuple[str, ...] = ()


def _pattern(regex: str, kind: str, *needles: str) -> Pattern:
    """Its one group, if it has one, stays."""
    compiled = re.compile(regex)
    return Pattern(compiled, (r"\1" if compiled.groups else "") + mark(kind), needles)


def _named(names: str, least: int, kind: str, *needles: str) -> list[Pattern]:
    """Within quotation marks up to the closing one, else up to where a bare value ends."""
    name = rf"""(?i)(?<![\w.-])([\w.-]*(?:{names}){_AFTER}"""
    quoted = rf"""{name})(["'])(?!«)(?:(?!\2)[^\\]|\\.)+(?=\2)"""
    return [
        Pattern(re.compile(quoted), rf"\1\2{mark(kind)}", needles),
        _pattern(rf"""{name}\\*["']?)(?:{_BARE}){{{least},}}""", kind, *needles),
    ]


PATTERNS: tuple[Pattern, ...] = (
    _pattern(
        r"-----BEGIN (?:[A-Z0-9 ]*)PRIVATE KEY-----"
        r"(?:(?:\\+[nrt]|[\w+/=\s:,.-])*?-----END [A-Z0-9 ]*PRIVATE KEY-----"
        r"|(?:\\+[nrt]|[\w+/=\s])*)",  # cut off: as far as it can be one
        *("private key", "private key-----"),
    ),
    # A PEM in base64, as kubeconfigs hold it.
    _pattern(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]+", "PEM in base64", "ls0tls1crudjti"),
    # A Secret as etcd holds it unencrypted, whose bytes may have been printed.
    _pattern(
        r"(k8s(?:\x00|␀|\\+x00|\\+u0000|\\+0)(?s:.{0,60}?)Secret)(?![\w«»])[^\"«]+",
        *("Secret", "k8s"),
    ),
    _pattern(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?", "token", "eyj"),
    _pattern(
        r"""(?i)(authorization\\*["']?\s*[:=]\s*\\*["']?(?:bearer|basic|token)\s+)[^\s"'\\«]+""",
        *("token", "authorization"),
    ),
    _pattern(r"(?i)\b(bearer\s+)[\w.~+/-]{16,}=*", "token", "bearer"),
    # kubeadm's: six and sixteen characters; names have no digits and such lengths at once.
    _pattern(r"(?<![\w.-])(?=[a-z.]*\d)[a-z0-9]{6}\.[a-z0-9]{16}(?![\w-]|\.\w)", "bootstrap token"),
    _pattern(r"\bAKIA[0-9A-Z]{16}\b", "access key", "akia"),
    # user:password@ in a URL; the user stays.
    _pattern(
        r"""(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@"'\\]*:)(?!«)[^\s/@"'\\]+(?=@)""", "password", "@"
    ),
    # An EncryptionConfiguration's key: base64 of 16 bytes and more.
    _pattern(
        rf"""(?i)(?<![\w.-])(secret{_AFTER}\\*["']?)[A-Za-z0-9+/]{{20,}}={{0,2}}""",
        *("encryption key", "secret"),
    ),
    *_named(_NAMES, 1, "password", "pass", "key", "secret"),
    *_named("(?<![a-z])token", 8, "token", "token"),
    # By their place on a line: keepalived, HAProxy, options of a command.
    _pattern(r"""\b(auth_pass\s+)(?!«)[^\s"'\\]+""", "password", "auth_pass"),
    _pattern(r"""\b(stats\s+auth\s+[^\s:]+:)(?!«)[^\s"'\\]+""", "password", "stats"),
    _pattern(r"""\b(insecure-password\s+)(?!«)[^\s"'\\]+""", "password", "insecure-password"),
    _pattern(
        r"""(--[\w-]*(?:password|token)\s+)(?![«-])[^\s"'\\]+""", "password", "password", "token"
    ),
    _pattern(r"""((?<![\w-])(?:-u|--user)[\s=]+[^\s:"']+:)(?!«)[^\s"'\\]+""", "password", "-u"),
    # A line of a PEM alone: 64 characters of base64 that are no checksum in hex.
    _pattern(r"(?<![\w+/=-])(?![0-9a-fA-F]+\b)[A-Za-z0-9+/]{64}(?![\w+/=-])", "base64"),
)
