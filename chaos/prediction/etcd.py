"""What the loss of a member of etcd costs.

A follower stands for election when it has heard nothing of the leader for its own time-out, drawn
anew from [1, 2) × election-timeout; the last heartbeat came up to one interval before the fault. A
vote that is split costs as much again; it is rare, for the two must draw the same tick, and is in
no interval here. Requests handed to the old leader are lost, and hang for longer than any probe.

An apiserver that knows one member alone (kubeadm's stacked etcd) is lost with it, and says so late:
its readiness check looks into etcd at most every half of its time-out, and answers everybody else
with what the last look has found. An apiserver that knows all members goes on with the others,
at once when a connection is reset, and after gRPC's keepalive when nothing comes back.

Sources: etcd, "Tuning" and "Failure modes" (https://etcd.io/docs/v3.6/); raft v3.6
(randomizedElectionTimeout); etcd server v3.6.8 (readIndexRetryTime 500 ms, maxElectionMs 50 s);
apiserver v0.36, pkg/storage/storagebackend/factory/etcd3.go (rate.Every(timeout/2), keepaliveTime
30 s, keepaliveTimeout 10 s).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from chaos.cluster.settings import Settings
from chaos.prediction.client import Asks, Client
from chaos.prediction.errors import Unpredictable
from chaos.prediction.interval import Interval, hull, up_to
from chaos.prediction.model import Branch, Term
from chaos.prediction.units import go_time

TUNING = "the default of etcd 3.6, Tuning"
HEARTBEAT, ELECTION = 0.1, 1.0
LONGEST_ELECTION = 50.0
READ_INDEX = 0.5
READY_CHECK = 2.0
KEEPALIVE, KEEPALIVE_TIMEOUT = 30.0, 10.0
_ETCD3 = "apiserver, storagebackend/factory/etcd3.go"


def election(settings: Settings, client: Client, *, sure: bool) -> tuple[Branch, ...]:
    """Until there is a leader that commits again.

    Args:
        sure: the leader is certain to be among those that are lost.
    """
    if client.asks is Asks.NOTHING:
        return ()
    terms = [
        Term("until a follower is elected", *_timeout(settings)),
        Term(
            "reads that were asked too early are asked again",
            up_to(READ_INDEX),
            "etcd 3.6, readIndexRetryTime",
        ),
    ]
    if client.asks is Asks.HEALTH:
        limit, source = _ready_check(settings)
        share = min(1.0, 2 / limit.most * client.period)
        terms.append(Term("until the check looks again", up_to(limit.most / 2), source))
        name = "etcd elects; of the answers to its own checks only those that look into etcd wait"
        return (Branch(name, share, tuple(terms), sure=False),)
    hidden = Interval(-client.timeout, 0.0)
    told = f"the probe's time-out, {client.timeout:g} s"
    terms.append(Term("what hangs for less than the time-out is late, not failed", hidden, told))
    return (Branch("etcd elects a leader: nothing is committed", 1.0, tuple(terms), sure),)


def _timeout(settings: Settings) -> tuple[Interval, str]:
    found = settings.flags("etcd")
    if not found:
        # Its documented range, and no guess within it.
        return Interval(
            0.0, 2 * LONGEST_ELECTION
        ), "etcd's arguments are not known; at most 50 s each"
    ends, sources = [], set()
    for node, flags in found.items():
        beat, said_beat = _ms(flags, "heartbeat-interval", HEARTBEAT)
        wait, said_wait = _ms(flags, "election-timeout", ELECTION)
        ends.append(Interval(max(0.0, wait - beat), 2 * wait))
        given = [said for said in (said_wait, said_beat) if said]
        sources.add(f"{node}: {', '.join(given)}" if given else TUNING)
    return hull(ends), "; ".join(sorted(sources))


def _ms(flags: Mapping[str, str], name: str, default: float) -> tuple[float, str]:
    value = flags.get(name, "")
    return (int(value) / 1000, f"--{name}={value}") if value.isdigit() else (default, "")


def unready(settings: Settings, client: Client) -> tuple[Term, ...]:
    """Until an apiserver that has lost its only member says that it is not ready."""
    limit, source = _ready_check(settings)
    half = limit.most / 2
    terms = [
        Term(
            "its readiness check gives up on etcd", Interval(limit.least, limit.most + half), source
        )
    ]
    if client.asks is Asks.HEALTH:
        # The first to hang is the one whose request is let through to etcd.
        terms.append(Term("until a request is let through to etcd", Interval(-half, 0.0), source))
    return tuple(terms)


def _ready_check(settings: Settings) -> tuple[Interval, str]:
    found = settings.flags("kube-apiserver")
    if not found:
        raise Unpredictable("the arguments of no kube-apiserver are known")
    ends, sources = [], set()
    for node, flags in found.items():
        value = flags.get("etcd-readycheck-timeout")
        ends.append(go_time(value).total_seconds() if value else READY_CHECK)
        if value:
            sources.add(f"{node}: --etcd-readycheck-timeout={value}")
    if not sources:
        return Interval(READY_CHECK, READY_CHECK), f"the default of Kubernetes 1.36, {_ETCD3}"
    return Interval(min(ends), max(ends)), "; ".join(sorted(sources))


def silent_member(members: int, client: Client) -> tuple[Branch, ...]:
    """What a silent member costs apiservers that know all of them: their turn goes round."""
    if client.asks is Asks.NOTHING:
        return ()
    source = f"{_ETCD3}: keepaliveTime, keepaliveTimeout"
    ping = Interval(KEEPALIVE, KEEPALIVE + KEEPALIVE_TIMEOUT)
    gap = Interval(-3 * members * client.period, 0.0)
    terms = (
        Term("until gRPC gives the connection up", ping, source),
        Term("the first and last request that meet it", gap, f"one of {members} members"),
    )
    name = "requests whose turn it is to ask the silent member hang"
    return (Branch(name, 1.0 / members, terms, sure=client.asks is Asks.STORE),)


def knows_one(settings: Settings, node: str) -> bool | None:
    """Whether the apiserver on a node knows its own member alone; None: that is not known."""
    flags = settings.flags("kube-apiserver").get(node)
    if flags is None or "etcd-servers" not in flags:
        return None
    hosts = {urlsplit(url).hostname or "" for url in flags["etcd-servers"].split(",")}
    return all(_loopback(host) or host == settings.addresses.get(node) for host in hosts)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
