"""What whoever wants an inventory knows, and a cluster cannot tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from urllib.parse import urlencode

from chaos.errors import UsageError


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller knows and a cluster cannot tell.

    Args:
        kubeconfig: the file.
        output: where the inventory will stand; its paths are relative to it.
        ssh: how nodes are reached, with {address} or {name} in it.
        ssh_config, identity: files for ssh.
        balancers: addresses by name.
        name: what to call the cluster; context: which of the kubeconfig.
    """

    kubeconfig: Path
    output: Path
    ssh: str
    ssh_config: Path | None = None
    identity: Path | None = None
    balancers: Mapping[str, str] | None = None
    name: str | None = None
    context: str | None = None

    def path(self, file: Path) -> str:
        """A file, as it is written into the inventory."""
        return os.path.relpath(file.resolve(), self.output.resolve().parent)

    def url(self, name: str, address: str) -> str:
        """How a node is reached.

        Raises:
            UsageError: the words do not fit.
        """
        host = f"[{address}]" if ":" in address else address
        try:
            fields = {field for _, field, _, _ in Formatter().parse(self.ssh) if field is not None}
            if not fields or fields - {"address", "name"}:
                raise ValueError
            text = self.ssh.format(address=host, name=name)
        except (ValueError, LookupError):
            told = f'--ssh "{self.ssh}" must say where with {{address}} or {{name}}.'
            raise UsageError(told, "For example: --ssh 'root@{address}'.") from None
        files = {"ssh_config": self.ssh_config, "ssh_identity_file": self.identity}
        query = urlencode({k: self.path(v) for k, v in files.items() if v}, safe="/~")
        text = text if "://" in text else f"ssh://{text}"
        return f"{text}{'&' if '?' in text else '?'}{query}" if query else text
