"""The stub as a test holds it: a process of its own, told when to misbehave, asked when it did."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from chaos.measure.span import Span
from chaos.probes.access import ApiAccess
from lab.pki import Pair, authority, issue

NAME = "stub.holdfast.test"


@dataclass(frozen=True, slots=True)
class Truth:
    """What the stub did, when, by its own monotonic clock.

    `served`: by the kind of probe, when the first was answered after a hang. Until then the process
    goes on and serves nobody: it has a crowd of those who waited to work through.
    """

    mode: str
    span: Span
    served: Mapping[str, float] = field(default_factory=dict)


class Stub:
    """An apiserver of sorts on a port of 127.0.0.1, over TLS.

    Modes: `refuse` (nobody listens, connections are reset: a killed process), `reset` (accepts and
    resets), `status` (answers it, 503 by default), `hang` (the process stands still and then goes
    on: a stopped one), `silent` (takes everything, answers nothing), `third` (one connection of
    three is silent), `slow` (answers `delay` seconds later), `wrong` (another answer).
    """

    def __init__(self) -> None:
        self._ca = authority("stub-ca")
        served = issue(self._ca, "stub", names=[NAME], addresses=["127.0.0.1"])
        self._client = issue(self._ca, "probe", organization="holdfast")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "selftests.stub.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._send({"certificate": served.certificate, "key": served.key, "ca": self.ca})
        self.port = int(self._read()["port"])
        self._planned = 0

    @property
    def ca(self) -> str:
        return self._ca.certificate

    def access(self, **other: Any) -> ApiAccess:
        """The way to the stub, with anything in it replaced."""
        client: Pair = self._client
        usual = {
            "host": "127.0.0.1",
            "port": self.port,
            "ca": self.ca,
            "certificate": client.certificate,
            "key": client.key,
        }
        return ApiAccess(**{**usual, **other})

    def plan(self, mode: str, *, at: float, length: float, **options: float) -> None:
        """Misbehave from a monotonic moment on for so many seconds."""
        self._send({"mode": mode, "at": at, "length": length, **options})
        self._planned += 1

    def truths(self) -> list[Truth]:
        """What was planned since this was last asked, as it came to be; waits for its end."""
        told = [self._read() for _ in range(self._planned)]
        self._planned = 0
        return [
            Truth(one["mode"], Span(one["begin"], one["end"]), one.get("served", {}))
            for one in told
        ]

    def now(self, mode: str, **options: float) -> None:
        """Misbehave from now on, for the rest of its life."""
        at = time.monotonic()
        self._send({"mode": mode, "at": at, "length": 3600, "tell": True, **options})
        self._read()

    def _send(self, what: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the stub died"
        said: dict[str, Any] = json.loads(line)
        return said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
