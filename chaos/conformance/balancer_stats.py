"""Who sees a balancer's statistics, and who may give it commands.

Source: HAProxy 3.0 Configuration Manual, 4.2 (http-request, stats), 7 (conditions) and 3.1 (stats
socket), https://docs.haproxy.org/3.0/configuration.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chaos.cluster.facts import Declared, Facts, HaproxyConfig, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, listed

LOOPBACK = ("127.", "[::1]", "::1", "localhost", "/", "unix@", "abns@", "fd@", "sockpair@")
EXPORTER = "http-request use-service prometheus-exporter"
SHOWN = ("stats enable", "stats uri", EXPORTER)
# Rules that turn somebody away, and what a condition may know a stranger by.
REFUSES = re.compile(
    r"(stats )?http-request (deny|reject|tarpit|silent-drop|auth)\b"
    r"|tcp-request (connection|content|session) (reject|silent-drop)\b"
)
WHO = ("src", "fc_src", "http_auth", "ssl_c_", "ssl_fc_has_crt", "req.hdr(auth", "hdr(auth")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of statistics or metrics: where it listens, and the rules on the way to it."""

    name: str
    binds: tuple[str, ...]
    rules: tuple[str, ...]


def statistics_are_closed(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A page of statistics is not there for whoever asks, nor a socket that takes commands."""
    findings = Findings()
    if isinstance(facts.balancers, NotAvailable):
        findings.gap("the balancers", facts.balancers)
        return findings.outcome()
    for balancer in facts.balancers:
        if isinstance(balancer.config, NotAvailable):
            findings.gap(f"the configuration of {balancer.node}", balancer.config)
            continue
        pages = list(_pages(balancer.config))
        for page in pages:
            where = f"{balancer.node}: the page of {page.name} ({listed(page.binds)})"
            if _guarded(page.rules):
                findings.good.append(f"{where} asks who comes")
            elif all(_local(bind) for bind in page.binds):
                findings.good.append(f"{where} is for the machine itself")
            else:
                findings.wrong.append(f"{where} is open to everyone")
        for socket in balancer.config.sockets:
            if not _local(socket):
                where = f"{balancer.node}: the socket for commands at {socket.split()[0]}"
                findings.wrong.append(f"{where} is open to everyone")
        if not pages:
            findings.good.append(f"{balancer.node} has no page of statistics")
    return findings.outcome()


def _pages(config: HaproxyConfig) -> Iterator[_Page]:
    fronts = [f for f in config.frontends if f.mode == "http" and f.binds]
    for front in fronts:
        if _shows(front.rules):
            yield _Page(front.name, front.binds, front.rules)
    for back in config.backends:
        for front in fronts:
            led = back.mode == "http" and back.name in front.backends and back.name != front.name
            if led and _shows(back.rules):
                yield _Page(back.name, front.binds, (*front.rules, *back.rules))


def _shows(rules: Iterable[str]) -> bool:
    return any(rule.startswith(SHOWN) for rule in rules)


def _local(bind: str) -> bool:
    """Whether all that a `bind` names is reached from the machine alone."""
    addresses = bind.partition(" ")[0].split(",")
    return all(re.sub(r"^ipv[46]@", "", one).startswith(LOOPBACK) for one in addresses)


def _guarded(rules: tuple[str, ...]) -> bool:
    """Whether strangers are refused all that is shown."""
    acls = {"LOCALHOST": "src"}
    for words in (rule.split() for rule in rules if rule.startswith("acl ")):
        acls |= {words[1]: words[2]} if len(words) > 2 else {}
    refusing = [rule for rule in rules if REFUSES.match(rule) and _strangers(rule, acls)]
    if any(not rule.startswith("stats ") for rule in refusing):
        return True
    # These are for the page alone, and not for metrics beside it.
    page = bool(refusing) or any(rule.startswith("stats auth") for rule in rules)
    metrics = [rule for rule in rules if rule.startswith(EXPORTER)]
    shown = any(rule.startswith(("stats enable", "stats uri")) for rule in rules)
    return (page or not shown) and all(_invited(rule, acls) for rule in metrics)


def _strangers(rule: str, acls: dict[str, str]) -> bool:
    """Whether a rule is for all, or for all but those whom it knows."""
    found = re.search(r" (if|unless) (.*)", rule)
    if not found:
        return True
    terms = list(_terms(found[2], acls))
    return any(who and denied is (found[1] == "if") for denied, who in terms)


def _invited(rule: str, acls: dict[str, str]) -> bool:
    """Whether a rule is only for those whom it knows."""
    found = re.search(r" if (.*)", rule)
    return found is not None and any(who and not no for no, who in _terms(found[1], acls))


def _terms(condition: str, acls: dict[str, str]) -> Iterator[tuple[bool, bool]]:
    """Each term of a condition: whether it is denied, and whether it says who somebody is."""
    for no, inline, name in re.findall(r"(!?) *(?:\{ *(\S+)[^}]*\}|([^\s{}!]+))", condition):
        yield bool(no), (inline or acls.get(name, "")).startswith(WHO)
