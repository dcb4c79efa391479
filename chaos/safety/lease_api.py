"""The Lease of a run, in the cluster itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from chaos.safety.lease import NAME, Body, Conflict

TIMEOUT = 10  # seconds


class ClusterLease:
    """The Lease `holdfast` of one namespace.

    Args:
        api: a client of the cluster.
        namespace: where it is.
    """

    def __init__(self, api: client.ApiClient, *, namespace: str = "kube-system") -> None:
        self._leases = client.CoordinationV1Api(api)
        self._namespace = namespace

    def read(self) -> Body | None:
        """It, or None if there is none. Raises what the client raises."""
        try:
            return _body(self._leases.read_namespaced_lease, NAME, self._namespace)
        except ApiException as wrong:
            if wrong.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def create(self, body: Body) -> Body:
        """Make it. Raises Conflict."""
        return self._write(self._leases.create_namespaced_lease, self._namespace, body)

    def replace(self, body: Body) -> Body:
        """Write it, if nobody has since it was read. Raises Conflict."""
        return self._write(self._leases.replace_namespaced_lease, NAME, self._namespace, body)

    def _write(self, call: Callable[..., Any], *arguments: Any) -> Body:
        try:
            return _body(call, *arguments)
        except ApiException as wrong:
            if wrong.status == HTTPStatus.CONFLICT:
                raise Conflict from None
            raise


def _body(call: Callable[..., Any], *arguments: Any) -> Body:
    answer = call(*arguments, _preload_content=False, _request_timeout=TIMEOUT)
    return cast("Body", json.loads(answer.data))
