"""What etcdctl prints as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from chaos.cluster.addresses import is_address, plain
from chaos.cluster.durations import UNITS
from chaos.cluster.facts import EtcdHealth, EtcdMember, EtcdStatus


class EtcdUnreadable(ValueError):
    """etcdctl was asked, and what came back is no answer."""


def members_of(
    listed: Mapping[str, Any], addresses: Mapping[str, str]
) -> tuple[str, tuple[EtcdMember, ...]]:
    """The cluster's id, and the members by name, of `member list`.

    Args:
        addresses: names of nodes by address.
    """
    members = []
    for member in listed.get("members") or ():
        peers = tuple(member.get("peerURLs") or ())
        clients = tuple(member.get("clientURLs") or ())
        hosts = [urlsplit(url).hostname or "" for url in (*peers, *clients)]
        members.append(
            EtcdMember(
                id=_hex(member["ID"]),
                name=member.get("name", ""),
                peer_urls=peers,
                client_urls=clients,
                learner=bool(member.get("isLearner")),
                node=_node(hosts, member.get("name", ""), addresses),
            )
        )
    header = listed.get("header") or {}
    return _hex(header.get("cluster_id", 0)), tuple(sorted(members, key=lambda m: (m.name, m.id)))


def _node(hosts: Sequence[str], name: str, addresses: Mapping[str, str]) -> str | None:
    """Where a member stands: by an address, else by the name in its URLs, else by its own.

    >>> nodes = {"198.51.100.41": "etcd-1"}
    >>> _node(["198.51.100.41"], "a", nodes), _node(["etcd-1.example.com"], "a", nodes)
    ('etcd-1', 'etcd-1')
    """
    known = {plain(address): node for address, node in addresses.items()}
    for host in hosts:
        if found := known.get(plain(host)):
            return found
    for word in (*hosts, name):
        whole = [node for node in addresses.values() if plain(node) == plain(word)]
        short = [node for node in addresses.values() if _short(node) == _short(word) != ""]
        if len(fits := whole or short) == 1:
            return fits[0]
    return None


def _short(word: str) -> str:
    """The first part of a host's name; an address has none."""
    return "" if is_address(word) else plain(word).partition(".")[0]


def statuses_of(printed: Any) -> tuple[EtcdStatus, ...]:
    """What `endpoint status` says of each member that answered."""
    statuses = []
    for entry in printed or ():
        status = entry["Status"]
        header = status["header"]
        statuses.append(
            EtcdStatus(
                endpoint=entry["Endpoint"],
                member=_hex(header["member_id"]),
                version=status.get("version", ""),
                # 0 is raft's "none".
                leader=_hex(status["leader"]) if status.get("leader") else None,
                term=status.get("raftTerm", header.get("raft_term", 0)),
                index=status.get("raftIndex", 0),
                applied=status.get("raftAppliedIndex", 0),
                db_size=status.get("dbSize", 0),
                db_in_use=status.get("dbSizeInUse", 0),
                quota=status.get("dbSizeQuota"),
                learner=bool(status.get("isLearner")),
                errors=tuple(status.get("errors") or ()),
                cluster=_hex(header["cluster_id"]) if "cluster_id" in header else "",
                revision=header.get("revision", 0),
            )
        )
    return tuple(sorted(statuses, key=lambda s: s.endpoint))


def health_of(printed: Any) -> tuple[EtcdHealth, ...]:
    """What `endpoint health` says of each endpoint."""
    found = [
        EtcdHealth(
            endpoint=entry["endpoint"],
            healthy=bool(entry.get("health")),
            took=_go_duration(entry.get("took", "")),
            error=entry.get("error", ""),
        )
        for entry in printed or ()
    ]
    return tuple(sorted(found, key=lambda h: h.endpoint))


def _hex(number: int) -> str:
    return f"{number:x}"


def _go_duration(text: str) -> timedelta | None:
    """`13.0591ms`, `1.2s`, `1m3s` as Go prints them."""
    units = UNITS | {"µs": timedelta(microseconds=1), "us": timedelta(microseconds=1)}
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|µs|us|[hms])", text)
    return sum((float(n) * units[u] for n, u in parts), timedelta()) if parts else None
