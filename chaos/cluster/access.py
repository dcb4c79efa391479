"""What one needs to speak to the Kubernetes API, as plain data that fits into another process."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from chaos.errors import HoldfastError


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """A server and who we are there.

    Args:
        server: its URL, as in the kubeconfig.
        ca: certificates that sign the server's, as PEM; None for those of this machine.
        certificate, key: a client's, as PEM.
        token: a bearer token.
        server_name: the name that the server's certificate must have, if not the URL's.
        source: where it was read from, for sentences.
    """

    server: str
    ca: str | None = None
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    server_name: str | None = None
    insecure: bool = False
    source: str = "the kubeconfig"

    @property
    def host(self) -> str:
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.server).port or 443

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def as_data(self) -> dict[str, str | bool | None]:
        """As JSON can hold it, with key and token: for another process, never for a file."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ApiAccess:
        """The reverse of `as_data`."""
        return cls(**data)

    def ssl_context(self) -> ssl.SSLContext:
        """A context for TLS; dear to make, so make it once.

        Raises:
            HoldfastError: the certificates or the key in it cannot be used.
        """
        try:
            context = ssl.create_default_context(cadata=self.ca)
        except ssl.SSLError as error:
            raise HoldfastError(
                f"{self.source}: certificate-authority-data is no certificate ({error.reason}).",
                "Get the kubeconfig anew.",
            ) from None
        # On from Python 3.13: it refuses authorities without a key identifier, which clusters have.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate and self.key:
            self._identify(context, f"{self.certificate}\n{self.key}")
        return context

    def _identify(self, context: ssl.SSLContext, pair: str) -> None:
        # ssl takes files only. This one is in memory alone, and gone in a moment.
        fd = os.memfd_create("client", os.MFD_CLOEXEC)
        try:
            os.write(fd, pair.encode())
            context.load_cert_chain(f"/proc/self/fd/{fd}")
        except ssl.SSLError as error:
            fits = "do not fit each other" if "MISMATCH" in str(error) else "cannot be used"
            raise HoldfastError(
                f"{self.source}: the client's certificate and key {fits}.",
                "Get the kubeconfig anew.",
            ) from None
        finally:
            os.close(fd)
