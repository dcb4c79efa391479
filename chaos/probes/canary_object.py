"""The Deployment that the scheduling canary makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chaos.probes.writing import marks

KIND = "scheduling-canary"
CANARY = "holdfast.dev/canary"
"""The label of all that is of one canary: the Deployment, its ReplicaSet, its Pod."""


def deployment(name: str, *, image: str, command: Sequence[str] = ()) -> bytes:
    """One replica, small, without rights, with nothing to wait for when it ends.

    Args:
        name: its name, and the value of its label CANARY: 63 characters at most.
        image: one that the nodes have already.
        command: what to run, where it is not the image's own.
    """
    labels = {**marks(KIND), CANARY: name}
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": 0,
        "selector": {"matchLabels": {CANARY: name}},
        "template": {"metadata": {"labels": labels}, "spec": _pod(image, command)},
    }
    metadata = {"name": name, "labels": labels}
    return json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    ).encode()


def _pod(image: str, command: Sequence[str]) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "canary",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    if command:
        container["command"] = list(command)
    return {
        "containers": [container],
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
