"""What the control plane's programs are told by files instead of flags, by the flags' names.

Source: kubernetes.io, kube-scheduler Configuration (v1), kube-apiserver Configuration (v1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chaos.cluster.facts import Component, NotAvailable
from chaos.cluster.shell import Said

_Files = Mapping[str, Mapping[str, str] | NotAvailable]
APISERVER = "kube-apiserver"
FILES = {APISERVER: "authorization-config", "kube-scheduler": "config"}
_MARK, _UNREAD = "== ", "it cannot be read"
_ELECTION = {
    "leaderElect": "leader-elect",
    "leaseDuration": "leader-elect-lease-duration",
    "renewDeadline": "leader-elect-renew-deadline",
    "retryPeriod": "leader-elect-retry-period",
}

# Extenders may have keys in them: no more is sent than these parts.
QUESTION = (
    "\n".join(
        f"""
p=$(pidof {name} | cut -d ' ' -f 1)
f=$([ -z "$p" ] || tr '\\0' '\\n' <"/proc/$p/cmdline" |
    sed -n -e 's/^--{flag}=//p' -e '/^--{flag}$/{{n;p}}' | tail -n 1)
if [ -n "$f" ]; then
    echo '{_MARK}{name}'
    [ -r "/proc/$p/root$f" ] && f=/proc/$p/root$f
    [ -r "$f" ] || echo '{_UNREAD}'
    [ -r "$f" ] && awk '/^{{/ {{ print "{_UNREAD}"; exit }}
/^[A-Za-z]/ {{ keep = /^(leaderElection|authorizers|enableProfiling):/ }}
keep {{ print }}' "$f"
fi"""
        for name, flag in FILES.items()
    )
    + "\ntrue\n"
)


def read(said: Said) -> _Files | NotAvailable:
    """What was printed, by program."""
    if said.code:
        return NotAvailable(said.why)
    found: dict[str, Mapping[str, str] | NotAvailable] = {}
    for part in f"\n{said.out}".split(f"\n{_MARK}")[1:]:
        name, _, text = part.partition("\n")
        found[name] = _settings(text)
        if name == APISERVER and found[name] == {}:
            found[name] = NotAvailable("it names no authorizers")
    return found


def _settings(text: str) -> dict[str, str] | NotAvailable:
    if text.strip() == _UNREAD:
        return NotAvailable(_UNREAD)
    try:
        content = YAML(typ="safe", pure=True).load(text) or {}
        return dict(_flags(content))
    except (YAMLError, AttributeError, LookupError, TypeError):
        return NotAvailable("it is none")


def _flags(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "authorizers" in content:
        yield "authorization-mode", ",".join(str(one["type"]) for one in content["authorizers"])
    if "enableProfiling" in content:
        yield "profiling", str(content["enableProfiling"]).lower()
    for name, value in (content.get("leaderElection") or {}).items():
        if name in _ELECTION:
            yield _ELECTION[name], str(value).lower()


def added(
    components: Mapping[str, tuple[Component, ...] | NotAvailable],
    files: Mapping[str, _Files | NotAvailable],
) -> dict[str, tuple[Component, ...] | NotAvailable]:
    """The programs with what their files say."""
    found = dict(components)
    for node, told in files.items():
        mine = found.get(node, ())
        if not isinstance(mine, NotAvailable):
            found[node] = tuple(_with(one, told) for one in mine)
    return found


def _with(one: Component, told: _Files | NotAvailable) -> Component:
    missing: dict[str, str] | NotAvailable = {}
    if FILES.get(one.name) in one.flags:
        missing = NotAvailable("it was not printed")
    settings = told if isinstance(told, NotAvailable) else told.get(one.name, missing)
    if isinstance(settings, NotAvailable):
        return replace(one, unread=settings.reason)
    return replace(one, settings=settings, unread="")
