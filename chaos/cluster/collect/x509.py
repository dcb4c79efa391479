"""Certificates out of PEM and DER, and which of the authorities seen has signed each."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from chaos.cluster.facts import Certificate, NotAvailable

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# All that a certificate raises that is damaged or of a kind that the library does not know.
_ODD = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_USAGES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
}


_ByName = dict[bytes, dict[str, x509.Certificate]]


class Authorities:
    """The authorities that were seen anywhere.

    Args:
        texts: what their certificates stand in, as PEM, among others.
        between: what those stand in that may lead up to them and are none that anybody goes by:
            behind a leaf, in its file.
    """

    def __init__(self, texts: Iterable[str], between: Iterable[str] = ()) -> None:
        self._known, self._between = _authorities_in(texts), _authorities_in(between)

    def signer(self, certificate: x509.Certificate) -> str:
        """The fingerprint of the first of them on the way up; empty if it leads to none."""
        seen: set[str] = set()
        while True:
            if found := next(_signers(certificate, self._known), None):
                return found[0]
            above = next(_signers(certificate, self._between), None)
            if above is None or above[0] in seen:
                return ""
            seen.add(above[0])
            certificate = above[1]


def _authorities_in(texts: Iterable[str]) -> _ByName:
    found: _ByName = defaultdict(dict)
    for pem in sorted({pem for text in texts for pem in _PEM.findall(text)}):
        try:
            one = x509.load_pem_x509_certificate(pem.encode())
            if _is_authority(one):
                found[one.subject.public_bytes()][_fingerprint(one)] = one
        except _ODD:
            continue
    return found


def _signers(
    certificate: x509.Certificate, known: _ByName
) -> Iterator[tuple[str, x509.Certificate]]:
    for fingerprint, one in known.get(certificate.issuer.public_bytes(), {}).items():
        try:
            certificate.verify_directly_issued_by(one)
        except (*_ODD, InvalidSignature):
            continue
        yield fingerprint, one


def of_der(der: bytes, authorities: Authorities | None = None) -> Certificate | NotAvailable:
    """The certificate in DER."""
    try:
        return _read(x509.load_der_x509_certificate(der), authorities)
    except _ODD as wrong:
        return NotAvailable(f"it cannot be read as a certificate: {wrong}")


def of_pem(text: str, authorities: Authorities | None = None) -> list[Certificate | NotAvailable]:
    """Every certificate in a text, in order: a chain begins with its leaf."""
    found: list[Certificate | NotAvailable] = []
    for pem in _PEM.findall(text):
        try:
            found.append(_read(x509.load_pem_x509_certificate(pem.encode()), authorities))
        except _ODD as wrong:
            found.append(NotAvailable(f"it cannot be read as a certificate: {wrong}"))
    return found


def key_of(key: PublicKeyTypes) -> str:
    """SHA-256 of a public key, in hexadecimal."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _is_authority(certificate: x509.Certificate) -> bool:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.BasicConstraints):
            return extension.value.ca
    return False


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _read(certificate: x509.Certificate, authorities: Authorities | None) -> Certificate:
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names = tuple(extension.value.get_values_for_type(x509.DNSName))
            found = extension.value.get_values_for_type(x509.IPAddress)
            addresses = tuple(str(address) for address in found)
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            usages = tuple(_USAGES.get(one, one.dotted_string) for one in extension.value)
    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=names,
        addresses=addresses,
        sha256=_fingerprint(certificate),
        authority=_is_authority(certificate),
        usages=usages,
        signer=authorities.signer(certificate) if authorities else None,
        key=key_of(certificate.public_key()),
    )
