"""What a member of etcd has measured of its disk and of the way to its peers."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta

from chaos.cluster.facts import EtcdMetrics, NotAvailable
from chaos.cluster.inventory_parts import EtcdPki
from chaos.cluster.shell import Said, quote

FSYNC = "etcd_disk_wal_fsync_duration_seconds"
COMMIT = "etcd_disk_backend_commit_duration_seconds"
_BUCKET = re.compile(r"^(\w+)_bucket\{(.*)\} (\S+)$")
_PEER = re.compile(r"^\d+ +\d+ +\S+ +(\S+):\d+")
_TRIP = re.compile(r"\bminrtt:([\d.]+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Buckets = dict[float, float]


def question(pki: EtcdPki) -> str:
    """Shell text that prints two of its histograms, and what the kernel knows of its way to peers.

    Of several etcds that run there it is the one that clients find at their usual port. It is asked
    where it serves metrics alone, else where clients ask it. Its own measure of the way
    (`etcd_network_peer_round_trip_time_seconds`) is no use for minutes: what goes into it, twice a
    minute, is smoothed over many pings, of which a first one while the machine boots takes a
    second. The kernel's `minrtt` of the same connections does not wait for a busy process.
    """
    files = quote("--cacert", pki.ca, "--cert", pki.certificate, "--key", pki.key)
    return f"""
told() {{
    tr '\\0' '\\n' <"/proc/$1/environ" |
        sed -nE 's/^ETCD_LISTEN_METRICS_URLS=/--listen-metrics-urls=/p
            s/^ETCD_LISTEN_PEER_URLS=/--listen-peer-urls=/p
            s/^ETCD_LISTEN_CLIENT_URLS=/--listen-client-urls=/p'
    tr '\\0' '\\n' <"/proc/$1/cmdline" | sed -E ':a;N;$!ba;s/(--listen-[a-z-]+)\\n/\\1=/g'
}}
w=
for p in $(pidof etcd); do
    t=$(told "$p" 2>/dev/null)
    w=${{w:-$t}}
    case $t in *--listen-client-urls=*:2379*) w=$t; break ;; esac
done
[ -n "$w" ] || {{ echo no etcd runs >&2; exit 1; }}
command -v curl >/dev/null || {{ echo there is no curl to ask it with >&2; exit 1; }}
u=$(echo "$w" | sed -nE 's/^--listen-metrics-urls=([^,]*).*/\\1/p' | tail -n 1)
u=${{u:-https://127.0.0.1:2379}}
m=$(curl --silent --show-error --fail --max-time 5 {files} "$u/metrics") || exit 1
echo "$m" | grep -E '^({FSYNC}|{COMMIT})_bucket'
d=$(echo "$w" | sed -nE 's/^--listen-peer-urls=[^,]*:([0-9]+).*/\\1/p' | tail -n 1)
ss -Hnti state established "( dport = :${{d:-2380}} )" 2>/dev/null
true
"""


def read(said: Said) -> EtcdMetrics | NotAvailable:
    """What was printed."""
    if said.code:
        return NotAvailable(f"its metrics could not be read: {said.why}")
    found: dict[str, Buckets] = defaultdict(dict)
    for line in said.out.splitlines():
        if match := _BUCKET.match(line):
            labels = dict(_LABEL.findall(match[2]))
            found[match[1]][float(labels["le"])] = float(match[3])
    fsync, commit = found.get(FSYNC), found.get(COMMIT)
    if not fsync or not commit:
        return NotAvailable("its metrics have no histograms of its disk")
    return EtcdMetrics(
        fsync_p99=quantile(fsync),
        fsyncs=int(max(fsync.values())),
        commit_p99=quantile(commit),
        commits=int(max(commit.values())),
        round_trips=_trips(said.out),
    )


def _trips(out: str) -> dict[str, timedelta]:
    """The shortest to each peer over all connections to it: what `ss` says on two lines each."""
    found: dict[str, timedelta] = {}
    peer = None
    for line in out.splitlines():
        if match := _PEER.match(line):
            peer = match[1].strip("[]")
        elif peer and (match := _TRIP.search(line)):
            trip = timedelta(milliseconds=float(match[1]))
            found[peer], peer = min(trip, found.get(peer, trip)), None
    return found


def quantile(buckets: Buckets, q: float = 0.99) -> timedelta | None:
    """A quantile of a histogram, evenly spread within its bucket; None of nothing.

    What lies above the last bound counts as that bound: it is at least so much.

    >>> quantile({0.001: 50, 0.002: 100, float("inf"): 100}, 0.75)
    datetime.timedelta(microseconds=1500)
    """
    total = max(buckets.values(), default=0)
    if not total:
        return None
    below, low = 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if bound == float("inf"):
            break
        if count >= q * total:
            inside = (q * total - below) / (count - below) if count > below else 1.0
            return timedelta(seconds=low + (bound - low) * inside)
        below, low = count, bound
    return timedelta(seconds=low)
