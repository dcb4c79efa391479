"""Which answers a balancer's health check takes for good.

Source: HAProxy 3.0 Configuration Manual, 4.2, `http-check expect`: without it 2xx and 3xx are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chaos.cluster.facts import HaproxyBackend

READY = (200, "ok")
# What an apiserver answers that is not ready.
UNREADY = (500, "[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nreadyz check failed\n")
# With what it turns away whoever asks without credentials, before it looks whether it is ready.
STRANGERS = (401, 403)
_KINDS = ("status", "rstatus", "string", "rstring")


def accepted(backend: HaproxyBackend, turned_away: frozenset[int] = frozenset()) -> str:
    """Why what the check expects tells the ready from the others badly; empty if it does not.

    Args:
        turned_away: the statuses with which apiservers turn strangers away from /readyz.
    """
    rules = list(_rules(backend))
    said = ", ".join(f"{kind} {pattern}" for _, kind, pattern in rules)
    others = (UNREADY, *((code, '{"kind":"Status","status":"Failure"}') for code in turned_away))
    for answer in others:
        if rules and _good(rules, *answer):
            return f"the check expects {said}, which an answer of {answer[0]} is as well"
    if rules and not _good(rules, *READY):
        return f"the check expects {said}, which an apiserver that is ready does not answer"
    return ""


def _rules(backend: HaproxyBackend) -> Iterator[tuple[bool, str, str]]:
    """Each `http-check expect`: whether it must match, how, and what."""
    for line in backend.http_checks:
        words = line.split()
        if words[:2] != ["http-check", "expect"]:
            continue
        for at, word in enumerate(words[2:], start=2):
            if word.lstrip("!") in _KINDS:
                wanted = not word.startswith("!") and words[at - 1] != "!"
                yield wanted, word.lstrip("!"), " ".join(words[at + 1 :])
                break


def _good(rules: list[tuple[bool, str, str]], code: int, body: str) -> bool:
    return all(_matches(kind, pattern, code, body) is wanted for wanted, kind, pattern in rules)


def _matches(kind: str, pattern: str, code: int, body: str) -> bool:
    if kind == "status":
        ranges = re.findall(r"(\d+)(?:-(\d+))?", pattern)
        return any(int(low) <= code <= int(high or low) for low, high in ranges)
    if kind == "string":
        return pattern in body
    try:
        return re.search(pattern, str(code) if kind == "rstatus" else body) is not None
    except re.error:
        # In a dialect of its own: that it means well cannot be denied.
        return (code, body) == READY
