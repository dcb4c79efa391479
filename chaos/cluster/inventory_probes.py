"""The user's own probes, as the inventory tells them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, model_validator

from chaos.cluster.durations import Duration
from chaos.cluster.inventory_parts import Part, Port, Text


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or text.endswith("://"):
        raise ValueError(f'"{text}" is no http:// or https:// URL')
    return text


Url = Annotated[str, AfterValidator(_url)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
Rate = Annotated[float, Field(gt=0, le=20)]


class UserProbe(Part):
    """What all of them have."""

    kind: ClassVar[str]
    name: Name
    """What reports call it, in small letters, digits and dashes; budgets do so as well, with the
    kind before it: `user-http@NAME`."""
    rate: Rate | None = None
    """How often it asks, in Hz: 5 by default, 1 for a query."""
    timeout: Duration | None = None
    """How long it waits for an answer: 1s by default."""

    def options(self, folder: Path) -> dict[str, Any]:
        """What the probe's class wants to know.

        Args:
            folder: the inventory's.
        """
        own = self.model_dump(exclude={"name", "rate", "timeout"}, exclude_none=True)
        if "ca" in own:
            own["ca"] = (folder / Path(own["ca"]).expanduser()).read_text()
        return own


class HttpProbe(UserProbe):
    """A GET over a new connection each time."""

    kind = "user-http"
    url: Url
    """What is asked."""
    ca: Text | None = None
    """Path of the authority's certificate, relative to this file; this machine's own by default."""
    expect: Text | None = None
    """What the answer's body must hold."""
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    """What the answer's status must be; any of 200 to 299 by default."""


class TcpProbe(UserProbe):
    """A connection, closed as soon as it stands."""

    kind = "user-tcp"
    host: Text
    """A name or an address."""
    port: Port
    """Its TCP port."""


class PromqlProbe(UserProbe):
    """A query to Prometheus, each of whose values must lie within a budget."""

    kind = "user-promql"
    url: Url
    """Prometheus's own URL."""
    ca: Text | None = None
    """Path of the authority's certificate, relative to this file; this machine's own by default."""
    query: Text
    """PromQL. That it finds nothing is a failure too."""
    at_least: float | None = None
    """The least value that is good."""
    at_most: float | None = None
    """The greatest value that is good."""

    @model_validator(mode="after")
    def _has_a_budget(self) -> PromqlProbe:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a query needs at_least or at_most, or every answer would be good")
        return self


class UserProbes(Part):
    """What users want to know themselves while something is broken."""

    http: tuple[HttpProbe, ...] = ()
    """URLs that are asked over a new connection each time."""
    tcp: tuple[TcpProbe, ...] = ()
    """Ports that must take a connection."""
    promql: tuple[PromqlProbe, ...] = ()
    """Queries to a Prometheus, with the values that are good."""
    leave_out: tuple[Text, ...] = ()
    """Kinds of probes that are not used: where looking costs a small cluster more than it has."""

    @property
    def all(self) -> Iterator[UserProbe]:
        """All of them, in the order of the kinds."""
        yield from self.http
        yield from self.tcp
        yield from self.promql
