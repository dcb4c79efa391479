"""A balancer's own view of its servers."""

from __future__ import annotations

from chaos.cluster.haproxy_stats import parse_stats
from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes import probe
from chaos.probes.asked import Asked
from chaos.probes.remote import SLOW, Said, loop


def asking(stats: str) -> str:
    """The shell text that asks HAProxy.

    Args:
        stats: shell text that prints its statistics.
    """
    return loop(f"timeout 1 sh -c {quote(stats)}")


@probe("balancer-view", rate=1.0, timeout=2.0, slow=SLOW)
class BalancerView(Asked):
    """What HAProxy says of its servers: which are up, and which are not and why.

    The sample is ok when it says it; the detail has `up` and `down`, each a list of
    `backend/server`, those that are down with their status and last check.

    Options: as in `Remote`, with `asking` as the shell's text.
    """

    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """Whether it told, and which servers are up."""
        if said.code == 124:
            return Outcome.TIMEOUT
        try:
            states = parse_stats(said.out)
        except ValueError:
            last = (said.out.strip().splitlines() or [f"it ended with code {said.code}"])[-1]
            attempt.note(error=last[:160])
            return Outcome.CONNECT if said.code else Outcome.WRONG
        up = [f"{one.backend}/{one.server}" for one in states if one.up]
        down = [
            f"{one.backend}/{one.server} {one.status} {one.check}".rstrip()
            for one in states
            if not one.up
        ]
        attempt.note(up=", ".join(up), down=", ".join(down))
        return Outcome.OK
