"""Who watches a cluster, what its owners have ready, and what they promise."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from chaos.cluster.durations import Duration
from chaos.cluster.inventory_parts import Part, Text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'"{text}" is no URL: write it as http://HOST:PORT')
    return text.rstrip("/")


def _history(text: str) -> str:
    kind, colon, name = text.partition(":")
    if kind == "configmap" and colon and [bool(part) for part in name.split("/")] != [True, True]:
        raise ValueError(f'"{text}" names no ConfigMap: write it as configmap:NAMESPACE/NAME')
    return text


Url = Annotated[str, AfterValidator(_url)]
Share = Annotated[float, Field(gt=0, le=1)]


class MonitoringPart(Part):
    """Who measures the cluster, and who is told."""

    prometheus: Url
    """Prometheus's URL."""
    alertmanager: Url | None = None
    """Alertmanager's URL."""
    node: Text | None = None
    """The node that they are asked from; from here by default."""


class OperationsPart(Part):
    """What its owners have ready, and where it is written what they tried."""

    runbooks: dict[Text, Text] = Field(default={})
    """By incident, the file (relative to this one) or the URL that says what to do."""
    history: Annotated[Text, AfterValidator(_history)] | None = None
    """Where the drills that went well are noted: a file, or `configmap:NAMESPACE/NAME`."""


class ObjectivesPart(Part):
    """What is promised. What is left out is the sources' figure."""

    api: Share | None = None
    """The part of the time in which the API is there."""
    etcd_leader: Share | None = None
    """The part of the time in which etcd has a leader."""
    pod_start: Duration | None = None
    """Within which 95 of 100 Pods start."""
    service: Duration | None = None
    """Within which the API serves again after a node's failure."""
    workload: Duration | None = None
    """Within which a Pod of a node that died runs elsewhere."""
    name_ttl: Duration | None = None
    """How long a resolver may keep the endpoint's address."""
    drills: Duration | None = None
    """How long ago each drill may be."""
