"""A certificate signed anew by the cluster's own authority, with something wrong about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

_USAGES = {
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its certificate and its private key, both PEM."""

    certificate: str
    key: str


def anew(
    pem: str,
    authority: Authority,
    *,
    without: Collection[str] = (),
    left: timedelta | None = None,
    usages: Collection[str] | None = None,
) -> str:
    """The same certificate, for the same key, signed again.

    Args:
        without: names and addresses that it is no longer for.
        left: how long it shall be valid yet; None: as long as it was.
        usages: what alone it may be used for: `serverAuth`, `clientAuth`; None: as it was.

    Raises:
        ValueError: it never was for one of these names.
    """
    old = x509.load_pem_x509_certificate(pem.encode())
    signer = x509.load_pem_x509_certificate(authority.certificate.encode())
    key = serialization.load_pem_private_key(authority.key.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(signer.subject)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc if left is None else datetime.now(UTC) + left)
    )
    for extension in old.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = _without(value, without)
        if isinstance(value, x509.ExtendedKeyUsage) and usages is not None:
            value = x509.ExtendedKeyUsage(_USAGES[name] for name in usages)
        builder = builder.add_extension(value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def fingerprint(pem: str) -> str:
    """By which a certificate is known, in hexadecimal."""
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()


def _without(
    names: x509.SubjectAlternativeName, unwanted: Collection[str]
) -> x509.SubjectAlternativeName:
    if missing := set(unwanted) - {str(name.value) for name in names}:
        raise ValueError(f"it is not for {', '.join(sorted(missing))}")
    return x509.SubjectAlternativeName(n for n in names if str(n.value) not in unwanted)
