"""What a cluster's owners allow, expect and forgive, as its inventory tells it."""

from __future__ import annotations

import shlex
from datetime import date
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field

from chaos.cluster.durations import Duration
from chaos.cluster.inventory_parts import Part, Text


def _template(*known: str) -> AfterValidator:
    def check(text: str) -> str:
        shlex.split(text)
        named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if named != set(known):
            wanted = " and ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"must name {wanted} and nothing else in braces")
        return text

    return AfterValidator(check)


NodeCommand = Annotated[str, _template("node")]
CableCommand = Annotated[str, _template("target")]


class ProbeBudget(Part):
    """What one probe may suffer under one fault."""

    longest_outage: Duration | None = None
    """The longest outage."""
    total_outage: Duration | None = None
    """All outages together."""
    degradation: Duration | None = None
    """The longest stretch of failures with less than a second of success between them."""
    recover: Duration | None = None
    """From the injection until it works again for good, while the fault still lasts."""


class FaultBudget(Part):
    """What is allowed under one fault. What is left out is the fault's own, or the sources'."""

    probes: dict[Text, ProbeBudget] = Field(default={})
    """By the probe's name; `any` for all that are not named."""
    redundancy: Duration | None = None
    """From the heal until all members, nodes and backends are back."""


class Chaos(Part):
    """What may be done to this cluster."""

    allowed: tuple[Text, ...] = ()
    """Names of faults, or `all`. Nothing by default."""


class Waiver(Part):
    """A check that is known to fail, and may until a day."""

    id: Text
    """The check's id."""
    reason: Text
    """Why it may fail."""
    owner: Text
    """Who answers for it."""
    expires: date
    """The last day. From the day after this one, what it is for fails."""

    @property
    def told(self) -> str:
        """Why, who and until when, as reports tell it."""
        return f"{self.reason}, {self.owner}, until {self.expires}"


class Power(Part):
    """Commands that switch a machine. They run here, without a shell, and block until done."""

    cut: NodeCommand
    """Cuts the power, suddenly."""
    on: NodeCommand
    """Switches it on again."""


class Cable(Part):
    """Commands that cut machines or zones off at the network. {target} is a node or a zone."""

    cut: CableCommand
    """Pulls the cable."""
    join: CableCommand
    """Puts it back."""
