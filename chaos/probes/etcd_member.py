"""etcd's members, each by itself."""

from __future__ import annotations

import json
from typing import Any

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes import probe
from chaos.probes.asked import Asked
from chaos.probes.curl import judged
from chaos.probes.remote import SLOW, Said, loop

# Seconds: of each of the requests. Two that hang end within the shell's time-out, and the third is
# asked only where the second was answered.
LIMIT = 0.8

# What the member has in memory of Raft: a line of its own in `/debug/vars`, which the client port
# serves as it does the rest, and a port for metrics alone does not.
_VARIABLE = "raft.status"


def asking(url: str, *, ca: str, certificate: str, key: str) -> str:
    """The shell text that asks a member, with files of the machine: its keys never leave it.

    Args:
        url: the member's, as `https://127.0.0.1:2379`.
        ca: the authority's certificate, a file there.
        certificate: a client's certificate, a file there.
        key: its key, a file there.
    """
    asked = quote(
        *("curl", "--silent", "--max-time", f"{LIMIT}", "--write-out", "\\n%{http_code}\\n"),
        *("--cacert", ca, "--cert", certificate, "--key", key),
    )
    files = quote(ca, certificate, key)
    return loop(
        f"{asked} {quote(f'{url}/health')}; echo $?\n"
        # Where it is: of the rest of the variables, one is etcd's command line.
        f"seen=$({asked} {quote(f'{url}/debug/vars')}) && {{\n"
        f"""printf %s "$seen" | grep -ao '"{_VARIABLE}": *{{.*}}' ||\n"""
        f"{asked} --data '{{}}' {quote(f'{url}/v3/maintenance/status')}; }}",
        before=f"command -v curl >/dev/null || {{ echo there is no curl; return 1; }}\n"
        f'for f in {files}; do [ -r "$f" ] || {{ echo "there is no file $f"; return 1; }}; done',
    )


@probe("etcd-member", rate=1.0, timeout=2.0, slow=SLOW)
class EtcdMember(Asked):
    """A member's health as it tells it (`/health`: it has a leader and can commit), and its view.

    The detail has the `member` itself and its `leader` (ids in hex, empty without one), also where
    it is not healthy, as long as it says them. From `/debug/vars` there are `raft_term` (its own,
    current term), `raft_leader` and `raft_state` (`StateLeader`, `StateFollower`, …), which it read
    of Raft in one go. Where it has none, `term` stands in: that of `/v3/maintenance/status`, which
    is the term of the entry that was applied last.

    Options: as in `Remote`, with `asking` as the shell's text.
    """

    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """Its health; its view is noted."""
        health, status, code, view, *_ = [*said.out.splitlines(), *[""] * 4]
        try:
            if view.startswith(f'"{_VARIABLE}"'):
                _note_raft(json.loads(f"{{{view}}}")[_VARIABLE], attempt)
            elif view:
                _note_status(json.loads(view), attempt)
        except (ValueError, KeyError, TypeError) as error:
            attempt.note(error=f"no status of etcd: {error!r}"[:160])
        outcome = judged(int(code) if code.isdigit() else said.code, status, attempt)
        if outcome is Outcome.OK and '"health":"true"' not in health.replace(" ", ""):
            attempt.note(error=health[:160])
            return Outcome.WRONG
        return outcome


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
