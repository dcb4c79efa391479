"""etcd's members, each by itself."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import of_status
from chaos.probes.http import get
from chaos.probes.login import NoAnswer
from chaos.probes.piped import Piped, Unserved, holding, looked
from chaos.probes.remote import SLOW

# What the member has in memory of Raft: a line of its own in `/debug/vars`, which the client port
# serves as it does the rest, and a port for metrics alone does not. Of the rest of the variables
# one is etcd's command line: nothing else of them is kept.
_VARIABLE = "raft.status"
# Seconds for what is told beside its health.
_BESIDE = 0.4


def asking(url: str, *, ca: str, certificate: str, key: str) -> str:
    """The shell text that holds a connection to a member, with files of the machine.

    Args:
        url: the member's, as `https://127.0.0.1:2379`.
        ca: the authority's certificate, a file there.
        certificate: a client's certificate, a file there.
        key: its key, a file there.
    """
    files = quote(ca, certificate, key)
    there = f'for f in {files}; do [ -r "$f" ] || {{ echo "there is no file $f"; return 1; }}; done'
    return holding(
        urlsplit(url).netloc,
        *("-verify_return_error", "-CAfile", ca, "-cert", certificate, "-key", key),
        before=there,
    )


@probe("etcd-member", rate=1.0, timeout=2.0, slow=SLOW)
class EtcdMember:
    """A member's health as it tells it (`/health`: it has a leader and can commit), and its view.

    The detail has the `member` itself and its `leader` (ids in hex, empty without one), also where
    it is not healthy, as long as it says them. From `/debug/vars` there are `raft_term` (its own,
    current term), `raft_leader` and `raft_state` (`StateLeader`, `StateFollower`, …), which it read
    of Raft in one go. Where it has none, `term` stands in: that of `/v3/maintenance/status`, which
    is the term of the entry that was applied last.

    Options: `argv`, the program that runs `asking`'s text; `node`, its machine.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._node: str = spec.options["node"]
        self._member = Piped(spec.options["argv"])

    async def prepare(self) -> None:
        """Reach the machine."""
        await self._member.prepare()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One look."""
        return await looked(attempt, self._node, self._look(attempt))

    async def _look(self, attempt: Attempt) -> Outcome:
        health = await self._member.ask(get("etcd", "/health"), attempt)
        try:
            await self._view(attempt)
        except (Unserved, NoAnswer):
            pass  # its health stands by itself
        except (ValueError, KeyError, TypeError) as error:
            attempt.note(error=f"no status of etcd: {error!r}"[:160])
        outcome = of_status(health.status)
        if outcome is not Outcome.OK:
            attempt.note(status=health.status)
        elif b'"health":"true"' not in health.body.replace(b" ", b""):
            attempt.note(error=health.body[:160].decode(errors="replace"))
            return Outcome.WRONG
        return outcome

    async def _view(self, attempt: Attempt) -> None:
        seen = await self._member.ask(get("etcd", "/debug/vars"), attempt, limit=_BESIDE)
        raft = json.loads(seen.body).get(_VARIABLE) if seen.status == 200 else None
        if raft:
            _note_raft(raft, attempt)
            return
        asked = get("etcd", "/v3/maintenance/status", post="{}")
        status = await self._member.ask(asked, attempt, limit=_BESIDE)
        if status.status == 200:
            _note_status(json.loads(status.body), attempt)

    async def close(self) -> None:
        """Let go of it."""
        await self._member.close()


def _note_raft(view: dict[str, Any], attempt: Attempt) -> None:
    member, leader, term = (str(view["id"]), _leader(view["lead"]), int(view["term"]))
    if not term:  # as it says when Raft has ended, or has not begun
        return
    attempt.note(member=member, leader=leader)
    attempt.note(raft_term=term, raft_leader=leader, raft_state=str(view["raftState"]))


def _note_status(view: dict[str, Any], attempt: Attempt) -> None:
    member, leader = int(view["header"]["member_id"]), int(view.get("leader", 0))
    term = int(view["raftTerm"])
    attempt.note(member=f"{member:x}", leader=_leader(f"{leader:x}"), term=term)


def _leader(told: str) -> str:
    """Its id; 0 is none."""
    return "" if told == "0" else str(told)
