"""Which controllers hold themselves for the leader, by their own account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import of_status
from chaos.probes.http import Answer, get
from chaos.probes.piped import Piped, holding, looked
from chaos.probes.remote import SLOW

COMPONENTS: Mapping[str, int] = MappingProxyType(
    {"kube-controller-manager": 10257, "kube-scheduler": 10259}
)
"""The controllers by the name of their Lease, each with the port of its metrics."""

# Whose client may read metrics. Since 1.36 that of the apiserver to its kubelets may not any more
# (kubeadm binds it to system:kubelet-api-admin alone).
KUBECONFIG = "/etc/kubernetes/admin.conf"

_METRIC = b"\nleader_election_master_status{"


def asking(port: int, *, kubeconfig: str = KUBECONFIG) -> str:
    """The shell text that holds a connection to a controller of a machine, at 127.0.0.1.

    Its certificate is its own and nobody's to check; what it is given is a certificate, which it
    cannot make use of, and no token. The key is handed on by a here-document, so that it stands in
    no list of processes.

    Args:
        port: where its metrics are.
        kubeconfig: a file there, with a client's certificate and key in it.
    """
    given = " 3<<CERTIFICATE 4<<KEY\n$certificate\nCERTIFICATE\n$key\nKEY"
    return holding(
        f"127.0.0.1:{port}",
        *("-cert", "/dev/fd/3", "-key", "/dev/fd/4"),
        before=_before(quote(kubeconfig)),
        given=given,
    )


def _before(kubeconfig: str) -> str:
    return f"""\
[ -r {kubeconfig} ] || {{ echo there is no file {kubeconfig}; return 1; }}
data() {{ sed -n "s/^ *client-$1-data: *//p" {kubeconfig} | head -n 1 | base64 -d; }}
certificate=$(data certificate) key=$(data key)
[ -n "$certificate" ] && [ -n "$key" ] ||
    {{ echo there is no certificate with its key in {kubeconfig}; return 1; }}"""


# Seconds for an answer: metrics are some 100 KB, put together anew for everybody who asks, and now
# and then the apiserver is asked first whether we may. The next sign of life must come in time.
_WITHIN = 1.4


@probe("leader-acting", rate=0.5, timeout=2.0, slow=SLOW)
class LeaderActing:
    """Whether the scheduler and the controller manager of a machine hold themselves for the leader.

    By the metric `leader_election_master_status` of each. The sample is ok when both said so or
    otherwise; the detail has the answers under the names of their Leases, and no word of one that
    did not answer: that one's class is the sample's.

    A process lets the apiserver tell whether we may ask it, and keeps the answer for 10 s: after
    that, one that is cut off from the API tells us nothing either.

    Options: `argvs`, by the name of each Lease the program that runs `asking`'s text; `node`, their
    machine.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._node: str = spec.options["node"]
        argvs: Mapping[str, list[str]] = spec.options["argvs"]
        self._controllers = {name: Piped(argv) for name, argv in sorted(argvs.items())}

    async def prepare(self) -> None:
        """Reach the machine."""
        await asyncio.gather(*(one.prepare() for one in self._controllers.values()))

    async def observe(self, attempt: Attempt) -> Outcome:
        """One look at each."""
        looks = (self._look(name, attempt) for name in self._controllers)
        found = await asyncio.gather(*looks)
        return next((one for one in found if one is not Outcome.OK), Outcome.OK)

    async def _look(self, name: str, attempt: Attempt) -> Outcome:
        """The class of a controller's answer; what it says is noted."""
        within = Attempt(attempt.tick)
        outcome = await looked(within, self._node, self._ask(name, within))
        told = dict(within.detail)
        if (error := told.pop("error", None)) is not None:
            told["error"] = f"{name}: {error}"
        attempt.note(**told)
        return outcome

    async def _ask(self, name: str, attempt: Attempt) -> Outcome:
        asked = get(name, "/metrics", compressed=True)
        answer = await self._controllers[name].ask(asked, attempt, limit=_WITHIN)
        outcome = of_status(answer.status)
        if outcome is not Outcome.OK:
            attempt.note(error=f"status {answer.status}")
            return outcome
        if (leads := _leads(name, answer)) is None:
            attempt.note(error="it does not tell whether it leads")
            return Outcome.WRONG
        attempt.note(**{name: leads})
        return Outcome.OK

    async def close(self) -> None:
        """Let go of both."""
        await asyncio.gather(*(one.close() for one in self._controllers.values()))


def _leads(lease: str, answer: Answer) -> bool | None:
    """By the metric of this Lease: a process may take part in the election of others too."""
    # Not by a regular expression: to look at each byte of 100 KB for a line's beginning was 4 % of
    # all that the sampler did.
    _, *rest = (b"\n" + answer.body).split(_METRIC)
    lines = (part.partition(b"\n")[0].rpartition(b"} ") for part in rest)
    named = f'name="{lease}"'.encode()
    values = {float(value) for labels, _, value in lines if named in labels}
    return 1.0 in values if values else None
