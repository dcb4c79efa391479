"""Reaching machines over SSH with the lab's own key."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from lab.shell import run


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An Ed25519 key in OpenSSH's formats."""

    private: str
    public: str


def new_key() -> KeyPair:
    """Make a new key."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return KeyPair(private.decode(), public.decode() + "\n")


@dataclass(frozen=True, slots=True)
class Ssh:
    """SSH to the machines of one lab, by their names.

    Args:
        config: an ssh_config that names them; the user's own is not read.
    """

    config: Path

    def argv(self, machine: str, *command: str, terminal: bool = False) -> list[str]:
        """The `ssh` command line for this machine."""
        kind = ["-t"] if terminal else ["-o", "BatchMode=yes"]
        return [
            "ssh",
            "-F",
            str(self.config),
            *kind,
            machine,
            *(["--", *command] if command else []),
        ]

    def run(
        self, machine: str, command: str, *, timeout: float = 60.0, stdin: str | None = None
    ) -> str:
        """Run a shell command on a machine and return its standard output.

        Raises:
            CommandFailed: it ended with another code than 0, the machine could not be
                reached (code 255), or it took more than `timeout` seconds.
        """
        return run(self.argv(machine, command), timeout=timeout, stdin=stdin)

    def attach(self, machine: str, command: list[str], *, terminal: bool) -> int:
        """Run a command with our own standard streams and return its exit code."""
        return subprocess.run(
            self.argv(machine, *command, terminal=terminal), check=False
        ).returncode
