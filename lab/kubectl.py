"""Asking the lab's cluster, through its virtual IP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.shell import run


@dataclass(frozen=True, slots=True)
class Kubectl:
    """`kubectl` of the lab's own version with the lab's kubeconfig."""

    program: Path
    kubeconfig: Path

    def __call__(self, *args: str, stdin: str | None = None, timeout: float = 30.0) -> str:
        """Run it and return its output.

        Raises:
            CommandFailed: it failed, or took more than `timeout` seconds.
        """
        argv = [
            str(self.program),
            f"--kubeconfig={self.kubeconfig}",
            "--request-timeout=10s",
            *args,
        ]
        return run(argv, stdin=stdin, timeout=timeout)

    def items(self, kind: str, *args: str) -> list[dict[str, Any]]:
        """All objects of a kind."""
        listed: dict[str, Any] = json.loads(self("get", kind, "--output=json", *args))
        return list(listed["items"])
