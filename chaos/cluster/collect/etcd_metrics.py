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
TRIP = "etcd_network_peer_round_trip_time_seconds"
_BUCKET = re.compile(r"^(\w+)_bucket\{(.*)\} (\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Buckets = dict[float, float]


def question(pki: EtcdPki) -> str:
    """Shell text that prints three of its histograms.

    It is asked where it serves metrics alone, else where clients ask it.
    """
    files = quote("--cacert", pki.ca, "--cert", pki.certificate, "--key", pki.key)
    return f"""
p=$(pidof etcd | cut -d ' ' -f 1)
[ -n "$p" ] || {{ echo no etcd runs >&2; exit 1; }}
command -v curl >/dev/null || {{ echo there is no curl to ask it with >&2; exit 1; }}
u=$(tr '\\0' '\\n' <"/proc/$p/cmdline" | sed -nE 's/^--listen-metrics-urls=([^,]*).*/\\1/p')
u=${{u:-https://127.0.0.1:2379}}
m=$(curl --silent --show-error --fail --max-time 5 {files} "$u/metrics") || exit 1
echo "$m" | grep -E '^({FSYNC}|{COMMIT}|{TRIP})_bucket'
"""


def read(said: Said) -> EtcdMetrics | NotAvailable:
    """What was printed."""
    if said.code:
        return NotAvailable(f"its metrics could not be read: {said.why}")
    found: dict[tuple[str, str], Buckets] = defaultdict(dict)
    for line in said.out.splitlines():
        if match := _BUCKET.match(line):
            labels = dict(_LABEL.findall(match[2]))
            found[match[1], labels.get("To", "")][float(labels["le"])] = float(match[3])
    fsync, commit = found.get((FSYNC, "")), found.get((COMMIT, ""))
    if not fsync or not commit:
        return NotAvailable("its metrics have no histograms of its disk")
    trips = {to: quantile(buckets, 0.5) for (name, to), buckets in found.items() if name == TRIP}
    return EtcdMetrics(
        fsync_p99=quantile(fsync),
        fsyncs=int(max(fsync.values())),
        commit_p99=quantile(commit),
        commits=int(max(commit.values())),
        round_trips={to: trip for to, trip in trips.items() if trip is not None},
    )


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
