"""Reading a kubeconfig, with one clear sentence for each thing that can be wrong with it.

Not the kubernetes client's reader: it writes keys into files, and calls most mistakes an
`Invalid kube-config file`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from chaos.cluster.access import ApiAccess
from chaos.cluster.credentials import from_plugin
from chaos.cluster.inventory_errors import nearest
from chaos.cluster.inventory_yaml import NotYaml, read_yaml
from chaos.errors import HoldfastError, UsageError

Fields = Mapping[str, Any]


class KubeconfigError(UsageError):
    """A kubeconfig that cannot be used."""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """A kubeconfig's content.

    >>> Kubeconfig.read(Path("kubeconfig")).access()
    ApiAccess(server='https://198.51.100.100:6443', …)
    """

    file: Path
    content: Fields

    @classmethod
    def read(cls, file: Path) -> Kubeconfig:
        """Read a file.

        Raises:
            KubeconfigError: it is missing, cannot be read, or is no kubeconfig.
        """
        try:
            content = read_yaml(file).plain
        except FileNotFoundError:
            raise KubeconfigError(f"There is no kubeconfig {file}.") from None
        except OSError as error:
            raise KubeconfigError(
                f"The kubeconfig {file} cannot be read: {error.strerror}."
            ) from None
        except NotYaml as wrong:
            raise KubeconfigError(f"{wrong}.", "It is no kubeconfig.") from None
        if not isinstance(content.get("clusters"), list):
            raise KubeconfigError(f"{file} is no kubeconfig: it has no clusters.")
        return cls(file, content)

    def access(self, context: str | None = None, *, now: datetime | None = None) -> ApiAccess:
        """What one needs to speak to the API.

        Args:
            context: which one; the current one by default.
            now: when its certificates must be valid.

        Raises:
            KubeconfigError: something in it is missing or wrong.
            HoldfastError: the client's certificate has expired, or its plugin fails.
        """
        chosen = context or self.content.get("current-context") or ""
        if not chosen:
            raise self._wrong("it has no current context", "Name one in the inventory (context).")
        names = self._find("contexts", "context", str(chosen))
        cluster = self._find("clusters", "cluster", str(names.get("cluster")))
        user = self._find("users", "user", str(names.get("user")))
        server = str(cluster.get("server") or "")
        if urlsplit(server).scheme != "https" or not urlsplit(server).hostname:
            raise self._wrong(f'its server "{server}" is no https:// URL')
        if cluster.get("proxy-url"):
            raise self._wrong("it wants a proxy, which would hide what the cluster does")
        access = ApiAccess(
            server=server,
            ca=self._data(cluster, "certificate-authority"),
            server_name=cluster.get("tls-server-name"),
            insecure=bool(cluster.get("insecure-skip-tls-verify")),
            source=str(self.file),
        )
        return self._with_user(access, user, now or datetime.now(UTC))

    def _with_user(self, access: ApiAccess, user: Fields, now: datetime) -> ApiAccess:
        if plugin := user.get("exec"):
            user = from_plugin(plugin, source=str(self.file), folder=self.file.parent)
        if "auth-provider" in user:
            raise self._wrong("auth-provider is gone from Kubernetes", "Use an exec plugin.")
        certificate = self._data(user, "client-certificate")
        if certificate:
            self._check(certificate, now)
        key = self._data(user, "client-key")
        token = str(user.get("token") or "") or None
        if not token and (file := user.get("tokenFile")):
            token = self._text(file).strip()
        if bool(certificate) != bool(key):
            raise self._wrong("it has one of the client's certificate and key without the other")
        if not (certificate or token):
            raise self._wrong("it has neither a client certificate nor a token", "Get one anew.")
        return replace(access, certificate=certificate, key=key, token=token)

    def _find(self, where: str, what: str, name: str) -> Fields:
        entries = [e for e in self.content.get(where) or [] if isinstance(e, dict)]
        names = [str(e.get("name")) for e in entries]
        if name not in names:
            raise self._wrong(f'it has no {what} "{name}"{nearest(name, names)}')
        found = entries[names.index(name)].get(what)
        return found if isinstance(found, dict) else {}

    def _data(self, fields: Fields, name: str) -> str | None:
        """A PEM that is in the file, or in one that it names."""
        if data := fields.get(f"{name}-data"):
            try:
                text = base64.b64decode(str(data), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise self._wrong(f"{name}-data is no base64 of text", "Get it anew.") from None
        elif file := fields.get(name):
            text = self._text(file)
        else:
            return None
        if "-----BEGIN " not in text:
            raise self._wrong(f"{name} is no PEM", "Get it anew.")
        return text

    def _text(self, name: Any) -> str:
        file = self.file.parent / Path(str(name)).expanduser()
        try:
            return file.read_text()
        except (OSError, UnicodeDecodeError):
            raise self._wrong(f"it names the file {file}, which cannot be read") from None

    def _check(self, pem: str, now: datetime) -> None:
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            raise self._wrong("client-certificate is no certificate", "Get it anew.") from None
        end, begin = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        if now > end:
            raise HoldfastError(
                f"{self.file}: the client's certificate expired on {end:%Y-%m-%d %H:%M} UTC.",
                "Renew it (`kubeadm certs renew admin.conf`) and copy the kubeconfig anew.",
            )
        if now < begin:
            raise HoldfastError(
                f"{self.file}: the client's certificate is valid from {begin:%Y-%m-%d %H:%M} UTC.",
                "See whether this machine's clock is right.",
            )

    def _wrong(self, what: str, remedy: str = "") -> KubeconfigError:
        return KubeconfigError(f"{self.file}: {what}.", remedy)
