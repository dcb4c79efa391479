"""The objects of a history: a bounded ring of ConfigMaps, and one more, the register."""

from __future__ import annotations

import json
from typing import Any

from chaos.history.operation import ABSENT
from chaos.probes.access import ApiAccess
from chaos.probes.http import Answer, BadAnswer, request

# Twelve seconds of writes at 5 Hz: an object's turn comes again long after its time-out.
RING = 64

LABELS = {"app.kubernetes.io/managed-by": "holdfast", "app.kubernetes.io/part-of": "history"}
SELECTOR = "app.kubernetes.io/part-of%3Dhistory"


def ring(number: int) -> str:
    """The name of the ring's object of this number."""
    return f"holdfast-history-{number % RING:02d}"


def collection(access: ApiAccess) -> str:
    """The path under which all of them are."""
    return f"/api/v1/namespaces/{access.namespace}/configmaps"


def read(access: ApiAccess, key: str) -> bytes:
    """Read it as a quorum has it: without a resourceVersion nothing older may be answered."""
    return request(access, "GET", f"{collection(access)}/{key}")


def write(access: ApiAccess, key: str, value: str) -> bytes:
    """Make it this value, whatever it is now."""
    return request(
        access,
        "PATCH",
        f"{collection(access)}/{key}?fieldManager=holdfast&force=true",
        body=_body(access, key, value),
        content_type="application/apply-patch+yaml",
    )


def swap(access: ApiAccess, key: str, value: str, *, expected: int) -> bytes:
    """Make it this value if its version is the expected one; of ABSENT, if it is not there."""
    new = expected == ABSENT
    return request(
        access,
        "POST" if new else "PUT",
        collection(access) if new else f"{collection(access)}/{key}",
        body=_body(access, key, value, **({} if new else {"resourceVersion": str(expected)})),
        content_type="application/json",
    )


def _body(access: ApiAccess, key: str, value: str, **more: str) -> bytes:
    space = access.namespace
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": key, "namespace": space, "labels": LABELS, **more},
        "data": {"value": value},
    }
    return json.dumps(body).encode()


def state(answer: Answer) -> tuple[int, str | None]:
    """The version and the value in an answer; ABSENT and None where it says: no such object.

    Raises:
        BadAnswer: it says neither, or its resourceVersion is no number.
    """
    try:
        told: dict[str, Any] = json.loads(answer.body)
        if answer.status == 404 and told["reason"] == "NotFound":
            return ABSENT, None
        return version(told), value(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadAnswer(f"it is no ConfigMap: {error!r}") from None


def version(told: dict[str, Any]) -> int:
    """The version of an object. Raises ValueError, KeyError, TypeError."""
    return int(told["metadata"]["resourceVersion"])


def value(told: dict[str, Any]) -> str | None:
    """The value of a ConfigMap of ours."""
    held: str | None = (told.get("data") or {}).get("value")
    return held
