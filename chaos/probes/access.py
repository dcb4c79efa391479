"""Whom a probe asks and as whom, as plain data: the sampler has no Kubernetes client."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """One way to an apiserver or to the endpoint before them.

    `host` is an address or a name; a name is resolved anew for every connection. `server_name` is
    what the certificate must name, by default the host. `ca`, `certificate` and `key` are PEM;
    `token` is a bearer token. `namespace` is where writes go.
    """

    host: str
    port: int
    ca: str = field(repr=False)
    server_name: str | None = None
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    namespace: str = "default"

    @property
    def expected_name(self) -> str:
        """What the server's certificate must name."""
        return self.server_name or self.host

    def as_data(self) -> dict[str, Any]:
        """For the sampler's eyes only: with the key and the token."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ApiAccess:
        """The reverse of `as_data`."""
        return cls(**data)


@functools.lru_cache(maxsize=256)
def is_address(host: str) -> bool:
    """Whether this is an IP address: there is nothing to resolve."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@functools.cache
def tls_context(access: ApiAccess, protocol: str = "http/1.1") -> ssl.SSLContext:
    """The TLS context, made once for all connections of an access that speak this protocol.

    Not ssl.create_default_context: from Python 3.13 on that refuses authorities without an
    authority key identifier, which client-go takes and clusters have.

    Raises:
        ssl.SSLError: what should be PEM is none, or the key is not the certificate's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
    context.load_verify_locations(cadata=access.ca)
    context.set_alpn_protocols([protocol])
    if access.certificate and access.key:
        with _in_memory(f"{access.certificate}\n{access.key}\n") as file:
            context.load_cert_chain(file)
    return context


@contextlib.contextmanager
def _in_memory(content: str) -> Iterator[str]:
    """A path to this content on no disk: OpenSSL takes certificates from files only."""
    descriptor = os.memfd_create("pair")
    try:
        with open(descriptor, "w", closefd=False) as file:
            file.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
