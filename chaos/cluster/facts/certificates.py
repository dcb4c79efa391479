"""Certificates, as they are served and as they lie on disks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from chaos.cluster.facts.basics import NotAvailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An X.509 certificate.

    Args:
        subject, issuer: distinguished names as RFC 4514 writes them.
        names, addresses: the DNS names and IP addresses that it is for.
        sha256: fingerprint, in hexadecimal.
        authority: whether it may sign others.
        usages: what it may be used for: `serverAuth`, `clientAuth`; else its number.
        signer: fingerprint of the authority that signed it, of those known; empty where none of
            them did; None where that was not looked at.
        key: SHA-256 of its public key, in hexadecimal.
    """

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    sha256: str = ""
    authority: bool = False
    usages: tuple[str, ...] = ()
    signer: str | None = None
    key: str = ""

    def covers(self, name: str) -> bool:
        """Whether it is for this DNS name or IP address."""
        if name in self.addresses or name in self.names:
            return True
        parent = name.partition(".")[2]
        return bool(parent) and f"*.{parent}" in self.names and name not in self.addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedCertificate:
    """What a TLS handshake showed.

    Args:
        what: `apiserver` asked directly, or `endpoint`: through the balancer; `kubelet`,
            `etcd client`, `etcd peer`.
        node: whose, where asked directly and the node is in the inventory.
        address: `IP:PORT` that was asked.
        asked: the name in the handshake (SNI); a server may have several certificates.
        trusted: whether the kubeconfig's authority signed it; None where that was not looked at.
    """

    what: str
    node: str | None
    address: str
    asked: str
    certificate: Certificate | NotAvailable
    trusted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate in a file: a PEM, or a kubeconfig's client certificate."""

    path: str
    certificate: Certificate | NotAvailable

    @property
    def of_authorities(self) -> bool:
        """Whether its file is one of authorities, which others go by: `ca.crt`, `etcd-ca.pem`."""
        return is_of_authorities(self.path)


def is_of_authorities(path: str) -> bool:
    """Whether a file's name is that of one with authorities.

    >>> is_of_authorities("/pki/front-proxy-ca.crt"), is_of_authorities("/pki/local.crt")
    (True, False)
    """
    name, _, kind = path.rpartition("/")[2].rpartition(".")
    return kind in ("crt", "pem") and "ca" in re.split(r"[-_.]", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """A key in a file. The private part never left the machine.

    Args:
        public: SHA-256 of the public key, in hexadecimal.
        mode: permissions, as `600`; of a public key they do not matter.
    """

    path: str
    public: str | NotAvailable
    mode: str
    owner: str = "root"
