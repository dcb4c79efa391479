"""The objects that probes write, and the labels by which they are found again."""

from __future__ import annotations

import json
from typing import Any

from chaos.probes.access import ApiAccess
from chaos.probes.http import request

MANAGED_BY = "app.kubernetes.io/managed-by"
PROBE = "holdfast.dev/probe"


def marks(kind: str) -> dict[str, str]:
    """The labels of an object that a kind of probe writes."""
    return {MANAGED_BY: "holdfast", PROBE: kind}


def selector(kind: str = "") -> str:
    """The label selector of all that this kind writes, or that any does."""
    return f"{MANAGED_BY}=holdfast,{PROBE}={kind}" if kind else f"{MANAGED_BY}=holdfast,{PROBE}"


def config_map(access: ApiAccess, key: str, value: str, *, kind: str) -> bytes:
    """The request that creates or updates a ConfigMap by server-side apply.

    Args:
        access: whose namespace it goes to.
        key: its name.
        value: what it holds.
        kind: the kind of probe that writes it.
    """
    space = access.namespace
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": key, "namespace": space, "labels": marks(kind)},
        "data": {"value": value},
    }
    return request(
        access,
        "PATCH",
        f"/api/v1/namespaces/{space}/configmaps/{key}?fieldManager=holdfast&force=true",
        body=json.dumps(body).encode(),
        content_type="application/apply-patch+yaml",
    )
