"""The Kubernetes API: lists decoded raw and fetched once per kind, errors as sentences.

The kubernetes client makes objects of everything, which for a large list takes many times as long
as decoding its JSON; it serves for exec and watch alone.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import tenacity
import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from chaos.cluster.access import ApiAccess
from chaos.cluster.kube_errors import ApiError, Trouble, of_status, of_transport
from chaos.cluster.parallel import AT_ONCE

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

CONNECT = timedelta(seconds=5)
READ = timedelta(seconds=20)
# An apiserver that is busy says so with 429 and Retry-After, and so does one that still makes the
# storage of a kind ready, in both cases with one second. client-go then asks again, and so do we.
TRIES = 5
PAUSE = timedelta(seconds=1)
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as the API gave it.

    Args:
        at: the server's clock when it answered, to the second.
    """

    items: tuple[Object, ...]
    version: str
    at: datetime


class Kube:
    """The API, with the identity of a kubeconfig; usable from many threads.

    >>> kube = Kube(Kubeconfig.read(path).access())
    >>> [node["metadata"]["name"] for node in kube.list("/api/v1/nodes").items]
    ['cp-1', 'cp-2', 'cp-3']

    Args:
        access: where it is and who we are.
        within: how long one request may take as a whole, where that is less than usual.
    """

    def __init__(self, access: ApiAccess, *, within: timedelta | None = None) -> None:
        self.access = access
        self._within = within.total_seconds() if within else None
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._pool: urllib3.HTTPSConnectionPool | None = None

    def _connections(self) -> urllib3.HTTPSConnectionPool:
        with self._lock:
            if self._pool is None:
                access = self.access
                if access.insecure:  # the kubeconfig wants it so: once said there is enough
                    urllib3.disable_warnings(InsecureRequestWarning)
                self._pool = urllib3.HTTPSConnectionPool(
                    access.host,
                    access.port,
                    maxsize=AT_ONCE,
                    retries=False,
                    timeout=urllib3.Timeout(
                        connect=CONNECT.total_seconds(),
                        read=READ.total_seconds(),
                        total=self._within,
                    ),
                    headers=access.headers,
                    ssl_context=access.ssl_context(),
                    server_hostname=access.server_name,
                    assert_hostname=False if access.insecure else None,
                )
            return self._pool

    def get(self, path: str) -> Object:
        """The JSON object at a path.

        Raises:
            ApiError: it could not be had; its `trouble` tells the reasons apart.
        """
        return self._ask("GET", path)[0]

    def text(self, path: str) -> str:
        """What is at a path, as text: `/readyz?verbose`.

        Raises:
            ApiError: it could not be had.
        """
        return self._send("GET", path, None).data.decode(errors="replace")

    def answer(self, path: str) -> tuple[int, str]:
        """The status and the body at a path, whatever they are.

        Raises:
            ApiError: there was no answer.
        """
        answer = self._request("GET", path, None)
        return answer.status, answer.data.decode(errors="replace")

    def list(self, path: str) -> Listed:
        """All objects of a kind.

        Raises:
            ApiError: they could not be had.
        """
        body, headers = self._ask("GET", path)
        version = str((body.get("metadata") or {}).get("resourceVersion", ""))
        date = headers.get("Date")
        at = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return Listed(tuple(body.get("items") or ()), version, at)

    def create(self, path: str, body: Object) -> Object:
        """Send an object to be created; reviews of rights are asked so, and leave nothing.

        Raises:
            ApiError: it was not taken.
        """
        return self._ask("POST", path, body)[0]

    def client(self) -> ApiClient:
        """The kubernetes client, for exec and watch."""
        from chaos.cluster.kube_client import client_of

        return client_of(self.access)

    def _ask(
        self, method: str, path: str, body: Object | None = None
    ) -> tuple[Object, Mapping[str, str]]:
        answer = self._send(method, path, body)
        try:
            content = json.loads(answer.data)
        except ValueError:
            told = f"{self.access.server} does not answer {path} as Kubernetes does."
            raise ApiError(Trouble.OTHER, told, "See what the kubeconfig's server is.") from None
        return content, answer.headers

    def _send(self, method: str, path: str, body: Object | None) -> urllib3.BaseHTTPResponse:
        answer = self._request(method, path, body)
        if answer.status >= 400:
            raise of_status(answer.status, answer.data, path, self.access)
        return answer

    def _request(self, method: str, path: str, body: Object | None) -> urllib3.BaseHTTPResponse:
        self.asked[path.partition("?")[0]] += 1
        asking = tenacity.Retrying(
            retry=tenacity.retry_if_result(_is_busy),
            wait=tenacity.wait_fixed(PAUSE.total_seconds()),
            stop=tenacity.stop_after_attempt(TRIES),
            retry_error_callback=_the_last,
        )
        try:
            return asking(self._connections().request, method, path, json=body)
        except (HTTPError, ssl.SSLError, OSError) as error:
            raise of_transport(error, self.access) from None


def _is_busy(answer: urllib3.BaseHTTPResponse) -> bool:
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS and "Retry-After" in answer.headers


def _the_last(state: tenacity.RetryCallState) -> urllib3.BaseHTTPResponse:
    """Its answer however often it was busy: what it says is told."""
    assert state.outcome is not None
    answer: urllib3.BaseHTTPResponse = state.outcome.result()
    return answer
