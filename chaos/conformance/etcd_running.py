"""The etcds that run, and which of them are the cluster's own."""

from __future__ import annotations

from urllib.parse import urlsplit

from chaos.cluster.addresses import is_address
from chaos.cluster.facts import Component, EtcdFacts, EtcdMember, Facts, NotAvailable
from chaos.conformance.etcd import name_of
from chaos.conformance.outcome import Findings
from chaos.conformance.programs import ETCD, running

Place = tuple[str, int | None]
_URLS = (
    *("advertise-client-urls", "initial-advertise-peer-urls"),
    *("listen-client-urls", "listen-peer-urls"),
)


def members_that_run(facts: Facts, findings: Findings) -> list[Component]:
    """The members' processes; a member whose process was not seen is a gap.

    Another etcd may run beside one, as for events alone, or a workload's in a container: a member
    is known by the URLs that it has in the list. Where none of a machine's has them, all of them
    may be the one that stands there.
    """
    found = running(ETCD, facts, findings)
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return found
    known = {place for member in etcd.members for place in places(member)}
    homeless = any(member.node is None for member in etcd.members)
    standing = {member.node for member in etcd.members}
    mine: list[Component] = []
    for node in dict.fromkeys(one.node for one in found):
        there = [one for one in found if one.node == node]
        exact = [one for one in there if known & _told(one)]
        mine += exact or (there if homeless or node in standing else [])
    if found and not mine:
        findings.gap("etcd", "none of those that run has a member's URLs")
    _unseen(etcd, mine, facts, findings)
    return mine


def _unseen(etcd: EtcdFacts, mine: list[Component], facts: Facts, findings: Findings) -> None:
    seen = {one.node for one in mine}
    for member in etcd.members:
        if not member.started or member.node in seen:
            continue
        if isinstance(facts.components.get(member.node or ""), NotAvailable):
            continue  # a gap by itself
        if process_of(member, mine):
            continue
        findings.gap(f"etcd's process of {name_of(member)}", "it was not seen")


def process_of(member: EtcdMember, mine: list[Component]) -> Component | None:
    """A member's process: the one with its URLs, else the one on its machine."""
    wanted = set(places(member))
    here = (one for one in mine if one.node == member.node)
    return next((one for one in mine if wanted & _told(one)), None) or next(here, None)


def decided_by(one: Component) -> str:
    """The file that decides how an etcd runs: with one it heeds no other flag. Empty: none."""
    return one.flags.get("config-file", "")


def places(member: EtcdMember) -> list[Place]:
    """Where a member is found, by its URLs."""
    return [place(url) for url in (*member.client_urls, *member.peer_urls)]


def by_name(member: EtcdMember) -> bool:
    """Whether its URLs have names alone: which machine they mean, who resolves them knows."""
    hosts = {host for host, _ in places(member)}
    return bool(hosts) and not any(is_address(host) for host in hosts)


def _told(one: Component) -> set[Place]:
    urls = (url for flag in _URLS for url in one.flags.get(flag, "").split(",") if url)
    return {place(url) for url in urls}


def place(url: str) -> Place:
    """The host and the port of a URL; no port where it has none that is one."""
    try:
        parts = urlsplit(url.strip())
        return parts.hostname or "", parts.port
    except ValueError:
        return url, None
