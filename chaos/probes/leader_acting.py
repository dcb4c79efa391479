"""Which controllers hold themselves for the leader, by their own account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes import probe
from chaos.probes.asked import Asked
from chaos.probes.curl import judged
from chaos.probes.remote import SLOW, Said, loop

COMPONENTS: Mapping[str, int] = MappingProxyType(
    {"kube-controller-manager": 10257, "kube-scheduler": 10259}
)
"""The controllers by the name of their Lease, each with the port of its metrics."""

# Whose client may read metrics. Since 1.36 that of the apiserver to its kubelets may not any more
# (kubeadm binds it to system:kubelet-api-admin alone).
KUBECONFIG = "/etc/kubernetes/admin.conf"

# Seconds, of each request: one is asked after the other.
LIMIT = 0.8

_METRIC = "leader_election_master_status"
# The line before those of each.
_WHOSE = "component "


def asking(*, kubeconfig: str = KUBECONFIG, components: Mapping[str, int] = COMPONENTS) -> str:
    """The shell text that asks the controllers of a machine, at 127.0.0.1, where they listen.

    Their certificates are their own and nobody's to check; what they are given is a certificate,
    which they cannot make use of, and no token. The key is handed on by here-documents, so that it
    stands in no list of processes. Of the metrics one line each comes back.

    Args:
        kubeconfig: a file there, with a client's certificate and key in it.
        components: as COMPONENTS.
    """
    asked = quote(
        *("curl", "--silent", "--insecure", "--max-time", f"{LIMIT}"),
        *("--write-out", "\\n%{http_code}\\n", "--cert", "/dev/fd/3", "--key", "/dev/fd/4"),
    )
    one = f"""\
of() {{
echo "{_WHOSE}$1"
{{ {asked} "https://127.0.0.1:$2/metrics"; echo "exit $?"; }} 3<<CERTIFICATE 4<<KEY |
$certificate
CERTIFICATE
$key
KEY
grep -aE '^({_METRIC}|[0-9]+$|exit )'
}}
"""
    every = "".join(f"of {quote(name)} {port}\n" for name, port in components.items())
    return loop(f"{one}{every}", before=_before(quote(kubeconfig)))


def _before(kubeconfig: str) -> str:
    return f"""\
command -v curl >/dev/null || {{ echo there is no curl; return 1; }}
[ -r {kubeconfig} ] || {{ echo there is no file {kubeconfig}; return 1; }}
data() {{ sed -n "s/^ *client-$1-data: *//p" {kubeconfig} | head -n 1 | base64 -d; }}
certificate=$(data certificate) key=$(data key)
[ -n "$certificate" ] && [ -n "$key" ] ||
    {{ echo there is no certificate with its key in {kubeconfig}; return 1; }}"""


# Their metrics are some 100 KB each, which they put together anew for everybody who asks.
@probe("leader-acting", rate=0.5, timeout=2.0, slow=SLOW)
class LeaderActing(Asked):
    """Whether the scheduler and the controller manager of a machine hold themselves for the leader.

    By the metric `leader_election_master_status` of each. The sample is ok when both said so or
    otherwise; the detail has the answers under the names of their Leases, and no word of one that
    did not answer: that one's class is the sample's.

    A process lets the apiserver tell whether we may ask it, and keeps the answer for 10 s: after
    that, one that is cut off from the API tells us nothing either.

    Options: as in `Remote`, with `asking` as the shell's text.
    """

    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """The worse of the two answers; what each says is noted."""
        by_component: dict[str, list[str]] = {}
        for line in said.out.splitlines():
            if line.startswith(_WHOSE):
                lines = by_component[line.removeprefix(_WHOSE)] = []
            elif by_component:
                lines.append(line)
        if not by_component:
            attempt.note(why="the shell said nothing")
            return Outcome.NOT_SENT
        found = [_one(name, lines, attempt) for name, lines in sorted(by_component.items())]
        return next((one for one in found if one is not Outcome.OK), Outcome.OK)


def _one(name: str, lines: list[str], attempt: Attempt) -> Outcome:
    """The class of a component's answer; what it says is noted."""
    # At the end, after whatever the process said.
    status = next((line for line in reversed(lines) if line.isdigit()), "")
    code = lines[-1].removeprefix("exit ") if lines else ""
    within = Attempt(attempt.tick)
    outcome = judged(int(code) if code.isdigit() else 1, status, within)
    if outcome is not Outcome.OK:
        told = ", ".join(f"{what} {value}" for what, value in within.detail.items())
        attempt.note(error=f"{name}: {told}")
        return outcome
    values = set(_values(name, lines))
    if not values:
        attempt.note(error=f"{name}: it does not tell whether it leads")
        return Outcome.WRONG
    attempt.note(**{name: 1.0 in values})
    return outcome


def _values(lease: str, lines: list[str]) -> Iterator[float]:
    """The metric of this lease: a process may take part in the election of others too."""
    for line in lines:
        metric, _, value = line.rpartition(" ")
        if metric.startswith(_METRIC) and f'name="{lease}"' in metric:
            yield float(value)
