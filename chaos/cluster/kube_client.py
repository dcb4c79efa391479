"""The kubernetes client, with our access: for exec and watch, which it does well."""

from __future__ import annotations

import os
import weakref

from kubernetes.client import ApiClient, Configuration

from chaos.cluster.access import ApiAccess


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
