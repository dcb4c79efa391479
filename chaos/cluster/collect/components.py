"""How the control plane's programs run: as the kernel has them, or as their Pods declare them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from chaos.cluster.facts import Component, NotAvailable
from chaos.cluster.shell import Said

ETCD = "etcd"
NAMES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", ETCD)

# etcd takes its flags out of its environment as well: ETCD_NAME is --name.
_ENV, _PREFIX = "== ", "ETCD_"

# A process ends while it is looked at: that is no error. Nothing leaves that may be a secret.
QUESTION = f"""
for f in $(grep -lsaE '(^|/)({"|".join(NAMES)})' /proc/[0-9]*/cmdline); do
    tr '\\0' '\\n' <"$f" || continue
    tr '\\0' '\\n' <"${{f%cmdline}}environ" | grep '^{_PREFIX}' |
        grep -viE '^[^=]*(password|secret|token)' | sed 's/^/{_ENV}/'
    echo '=='
done 2>/dev/null
true
"""


def read(node: str, said: Said) -> tuple[Component, ...] | NotAvailable:
    """The components among the processes that were printed.

    etcd alone runs without a word: what it is told stands in its environment then.
    """
    if said.code:
        return NotAvailable(f"its processes could not be read: {said.why}")
    found = []
    for part in f"\n{said.out}".split("\n==\n"):
        lines = part.strip("\n").split("\n")
        words = [line for line in lines if not line.startswith(_ENV)]
        name = words[0].rpartition("/")[2] if words else ""
        if name not in NAMES or (len(words) < 2 and name != ETCD):
            continue
        told = _of_environment(lines) if name == ETCD else {}
        told |= flags(words[1:])
        found.append(Component(node=node, name=name, flags=told, source="process"))
    return tuple(sorted(found, key=lambda c: c.name))


def _of_environment(lines: Iterable[str]) -> dict[str, str]:
    """What etcd's environment sets: of flags that are on its command line that one counts."""
    found = {}
    for line in lines:
        name, equals, value = line.removeprefix(_ENV).partition("=")
        if line.startswith(_ENV + _PREFIX) and equals and value:
            found[name.removeprefix(_PREFIX).lower().replace("_", "-")] = value
    return found


def declared(pods: Iterable[dict[str, Any]], node: str) -> tuple[Component, ...]:
    """The components among a node's static Pods that run, as their mirrors in the API declare them.

    One that ends again and again does not, though its Pod is there.
    """
    found = []
    for pod in pods:
        labels = pod["metadata"].get("labels") or {}
        name = labels.get("component", "")
        if name not in NAMES or pod["spec"].get("nodeName") != node or _ended(pod):
            continue
        container = pod["spec"]["containers"][0]
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        found.append(Component(node=node, name=name, flags=flags(words[1:]), source="manifest"))
    return tuple(sorted(found, key=lambda c: c.name))


def _ended(pod: dict[str, Any]) -> bool:
    """Whether its container is known not to run."""
    told = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(told) and "running" not in (told[0].get("state") or {})


def flags(words: Sequence[str]) -> dict[str, str]:
    """`--a=b`, `--a b` and `--a` as a mapping; of a flag given twice the last counts.

    >>> flags(["--leader-elect", "--secure-port=6443", "--name", "cp-1"])
    {'leader-elect': 'true', 'secure-port': '6443', 'name': 'cp-1'}
    """
    found: dict[str, str] = {}
    latest: str | None = None
    for word in words:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            found[name] = value if equals else "true"
            latest = None if equals else name
        elif latest:
            found[latest] = word
            latest = None
    # A password on a command line goes no further.
    return {k: "removed" if re.search("(password|secret)$", k) else v for k, v in found.items()}
