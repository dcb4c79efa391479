"""From the runner's side: probes as they are chosen for a cluster, and why others are left out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chaos.cluster.cluster import Cluster
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError
from chaos.measure.probe import ProbeSpec
from chaos.probes import ProbeKind, kinds, reaching
from chaos.probes.access import ApiAccess


@dataclass(frozen=True, slots=True)
class _Remote:
    """A probe that asks through a node; `scripts` by the option that gets what runs them."""

    kind: str
    node: Node
    scripts: Mapping[str, str]
    options: Mapping[str, Any]

    def reached(self) -> dict[str, Any]:
        """The options that say how."""
        argv = {name: reaching.argv(self.node, script) for name, script in self.scripts.items()}
        return argv if "argv" in argv else {"argvs": argv}


@dataclass(slots=True)
class Choice:
    """What is chosen, so far.

    Attributes:
        specs: the probes.
        left_out: why some are not among them, by kind or by kind and node (`kind@node`).
    """

    cluster: Cluster
    known: Mapping[str, ProbeKind] = field(default_factory=kinds)
    specs: list[ProbeSpec] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    _remote: list[_Remote] = field(default_factory=list)

    def add(self, kind: str, access: ApiAccess | None = None, **how: Any) -> None:
        """Take a probe; the arguments are those of `ProbeKind.spec`."""
        if not self._wanted(kind):
            return
        self.specs.append(self.known[kind].spec(access, **how))

    def ask(self, kind: str, node: Node, script: str | Mapping[str, str], **options: Any) -> None:
        """Take a probe that asks through a shell on a node, if `try_shells` finds that it can.

        Args:
            kind: one of those that use `remote.Remote` or `piped.Piped`.
            node: whose shell.
            script: as `remote.loop` or `piped.holding` made it; several by name, of which the
                first is tried.
            options: the kind's own.
        """
        if not self._wanted(kind):
            return
        scripts = {"argv": script} if isinstance(script, str) else script
        self._remote.append(_Remote(kind, node, scripts, options))

    def _wanted(self, kind: str) -> bool:
        if kind not in self.cluster.inventory.probes.leave_out:
            return True
        self.left_out[kind] = "The inventory leaves it out."
        return False

    @contextlib.contextmanager
    def unless(self, *kinds: str) -> Iterator[None]:
        """Leave these out if this cannot be done."""
        try:
            yield
        except HoldfastError as wrong:
            self.left_out |= dict.fromkeys(kinds, wrong.problem)

    def try_shells(self) -> None:
        """See which shells can do what is asked of them, all at once, and take those that can."""
        tries: dict[int, Callable[[], str]] = {
            number: partial(reaching.trouble, one.node, next(iter(one.scripts.values())))
            for number, one in enumerate(self._remote)
        }
        for number, wrong in together(tries).items():
            one = self._remote[number]
            told = wrong.problem if isinstance(wrong, HoldfastError) else wrong
            if told:
                self.left_out[f"{one.kind}@{one.node.name}"] = told
                continue
            how = {**one.reached(), **one.options}
            self.add(one.kind, path=one.node.name, node=one.node.name, **how)
