"""The kubernetes client, with our access: for exec and watch, which it does well."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from chaos.cluster.access import ApiAccess
from chaos.cluster.kube_errors import of_status, of_transport


def client_of(access: ApiAccess) -> ApiClient:
    """A client that goes where `access` goes."""
    files: list[int] = []

    def file(content: str | None) -> str | None:
        # It wants files, for its pool now and for each exec later. These are in memory alone.
        if content is None:
            return None
        files.append(os.memfd_create("holdfast", os.MFD_CLOEXEC))
        os.write(files[-1], content.encode())
        return f"/proc/self/fd/{files[-1]}"

    configuration = Configuration()
    configuration.host = access.server
    configuration.verify_ssl = not access.insecure
    configuration.tls_server_name = access.server_name
    configuration.retries = False
    configuration.ssl_ca_cert = file(access.ca)
    configuration.cert_file = file(access.certificate)
    configuration.key_file = file(access.key)
    if access.token:
        configuration.api_key = {"authorization": f"Bearer {access.token}"}
    client = ApiClient(configuration)
    for one in files:
        weakref.finalize(client, os.close, one)
    return client


@contextmanager
def told(access: ApiAccess, what: str) -> Iterator[None]:
    """What the client raises, as one sentence with what to do.

    Args:
        what: what is asked of the API, for the sentence.

    Raises:
        ApiError: whatever went wrong; its `trouble` tells the reasons apart.
    """
    try:
        yield
    except ApiException as wrong:
        body = str(wrong.body or "").encode()
        raise of_status(wrong.status or 0, body, what, access) from None
    except (HTTPError, OSError) as wrong:
        raise of_transport(wrong, access) from None
