"""How the control plane's programs run: as the kernel has them, or as their Pods declare them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from chaos.cluster.facts import Component, NotAvailable
from chaos.cluster.shell import Said

NAMES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")

# A process ends while it is looked at: that is no error.
QUESTION = f"""
for f in $(grep -lsaE '(^|/)({"|".join(NAMES)})' /proc/[0-9]*/cmdline); do
    tr '\\0' '\\n' <"$f" && echo '=='
done 2>/dev/null
true
"""


def read(node: str, said: Said) -> tuple[Component, ...] | NotAvailable:
    """The components among the processes that were printed."""
    if said.code:
        return NotAvailable(f"its processes could not be read: {said.why}")
    found = []
    for part in said.out.split("\n==\n"):
        words = part.strip("\n").split("\n")
        name = words[0].rpartition("/")[2]
        if name in NAMES and len(words) > 1:
            found.append(Component(node=node, name=name, flags=flags(words[1:]), source="process"))
    return tuple(sorted(found, key=lambda c: c.name))


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
