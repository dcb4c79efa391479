"""etcd's disks, and its doors."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chaos.cluster.facts import Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded

WHO = "cp-2"
PLANES = ("cp-1", "cp-2", "cp-3")


@recorded("etcd-wal-fsync", r"^cp-2: writing its log took 931 ms at most, 99 times of 100")
def slow_log(facts: Facts) -> Facts:
    """One member's log lies on a disk that others keep busy: each heartbeat waits for it."""
    return the.entry("etcd_metrics", WHO, lambda one: replace(one, fsync_p99=_ms(931)))(facts)


@recorded(
    "etcd-backend-commit", r"^cp-2: committing its database took 920 ms at most, 99 times of 100"
)
def slow_commits(facts: Facts) -> Facts:
    """One member commits its database too slowly, for reads as well."""
    return the.entry("etcd_metrics", WHO, lambda one: replace(one, commit_p99=_ms(920)))(facts)


@recorded("etcd-peer-tls", r"^etcd on cp-2 runs without --peer-client-cert-auth")
def any_peer_is_believed(facts: Facts) -> Facts:
    """One member asks its peers for no certificate, and so is told by anybody what the log is."""
    told = the.flags("etcd", {"peer-client-cert-auth": None}, WHO)(facts)
    return the.among(
        "anonymous",
        lambda one: (one.what, one.node) == ("etcd peer", WHO),
        status=404,
        ended="",
    )(told)


@recorded(
    "apiservers-know-etcd", r"^the apiserver of cp-2 knows https://192\.0\.2\.9:2379, where no"
)
def etcd_that_moved(facts: Facts) -> Facts:
    """One apiserver is told of a member that is gone since etcd's machine was replaced."""
    return the.flags("kube-apiserver", {"etcd-servers": "https://192.0.2.9:2379"}, WHO)(facts)


@recorded(
    "apiservers-know-etcd",
    r"^the apiserver of cp-2 knows 1 of 3 members, and not its own: https://",
)
def all_by_one_member(facts: Facts) -> Facts:
    """Every apiserver goes to the first master's member: without that master there is no API."""
    first = min(the.known(facts.etcd).members, key=lambda member: member.name)
    return the.flags("kube-apiserver", {"etcd-servers": first.client_urls[0]}, *PLANES)(facts)


@recorded("etcd-corruption-check", r"^etcd on cp-2 never compares its data with the others'")
def data_never_compared(facts: Facts) -> Facts:
    """One member starts without comparing its data: a wrong one may lead before that is known."""
    gone = dict.fromkeys(("feature-gates", "experimental-initial-corrupt-check"))
    return the.flags("etcd", gone, WHO)(facts)


def _ms(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)
