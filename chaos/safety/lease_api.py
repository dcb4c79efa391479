"""The Lease of a run, in the cluster itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from kubernetes import client

from chaos.cluster.kube import Kube
from chaos.cluster.kube_client import told
from chaos.cluster.kube_errors import ApiError, Trouble
from chaos.safety.lease import NAME, Body, Conflict

TIMEOUT = 10  # seconds


class ClusterLease:
    """The Lease `holdfast` of one namespace.

    Args:
        kube: the cluster's API.
        namespace: where it is.
    """

    def __init__(self, kube: Kube, *, namespace: str = "kube-system") -> None:
        self._access = kube.access
        self._leases = client.CoordinationV1Api(kube.client())
        self._namespace = namespace

    def read(self) -> Body | None:
        """It, or None if there is none.

        Raises:
            ApiError: it could not be had.
        """
        try:
            return self._body(self._leases.read_namespaced_lease, NAME, self._namespace)
        except ApiError as wrong:
            if wrong.trouble is Trouble.NOT_FOUND:
                return None
            raise

    def create(self, body: Body) -> Body:
        """Make it. Raises Conflict, or ApiError."""
        return self._write(self._leases.create_namespaced_lease, self._namespace, body)

    def replace(self, body: Body) -> Body:
        """Write it, if nobody has since it was read. Raises Conflict, or ApiError."""
        return self._write(self._leases.replace_namespaced_lease, NAME, self._namespace, body)

    def _write(self, call: Callable[..., Any], *arguments: Any) -> Body:
        try:
            return self._body(call, *arguments)
        except ApiError as wrong:
            if wrong.trouble is Trouble.CONFLICT:
                raise Conflict from None
            raise

    def _body(self, call: Callable[..., Any], *arguments: Any) -> Body:
        with told(self._access, f"the Lease {self._namespace}/{NAME}"):
            answer = call(*arguments, _preload_content=False, _request_timeout=TIMEOUT)
        return cast("Body", json.loads(answer.data))
