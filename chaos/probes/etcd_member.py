"""etcd's members, each by itself."""

from __future__ import annotations

import json
from typing import Any

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.curl import judged
from chaos.probes.remote import Remote, Said, loop

# Seconds: of each of the two requests, the shell's time-out being twice that.
LIMIT = 0.8


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
        f"{asked} --data '{{}}' {quote(f'{url}/v3/maintenance/status')}; echo $?",
        before=f"command -v curl >/dev/null || {{ echo there is no curl; return 1; }}\n"
        f'for f in {files}; do [ -r "$f" ] || {{ echo "there is no file $f"; return 1; }}; done',
    )


@probe("etcd-member", rate=1.0, timeout=2.0)
class EtcdMember:
    """A member's health as it tells it (`/health`: it has a leader and can commit), and its view.

    The detail has the `leader` (member id), the `term` and the `member` itself, as numbers in hex,
    from `/v3/maintenance/status`; also where it is not healthy, as long as it says them.

    Options: as in `Remote`, with `asking` as the shell's text.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._remote = Remote(spec)

    async def prepare(self) -> None:
        """Start the shell."""
        await self._remote.prepare()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One look."""
        return await self._remote.judged(attempt, lambda said: _judge(said, attempt))

    async def close(self) -> None:
        """End the shell."""
        await self._remote.close()


def _judge(said: Said, attempt: Attempt) -> Outcome:
    try:
        health, status, code, view, _, failed = (said.out.splitlines() + [""] * 6)[:6]
        if failed == "0":
            _note(json.loads(view), attempt)
    except (ValueError, KeyError, TypeError) as error:
        attempt.note(error=f"no status of etcd: {error!r}"[:160])
    outcome = judged(int(code) if code.isdigit() else said.code, status, attempt)
    if outcome is Outcome.OK and '"health":"true"' not in health.replace(" ", ""):
        attempt.note(error=health[:160])
        return Outcome.WRONG
    return outcome


def _note(view: dict[str, Any], attempt: Attempt) -> None:
    member, leader = int(view["header"]["member_id"]), int(view.get("leader", 0))
    attempt.note(
        member=f"{member:x}", leader=f"{leader:x}" if leader else "", term=int(view["raftTerm"])
    )
