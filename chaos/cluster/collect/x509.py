"""Certificates out of PEM and DER."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from chaos.cluster.facts import Certificate, NotAvailable

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def of_der(der: bytes) -> Certificate | NotAvailable:
    """The certificate in DER."""
    try:
        return _read(x509.load_der_x509_certificate(der))
    except ValueError as wrong:
        return NotAvailable(f"it cannot be read as a certificate: {wrong}")


def of_pem(text: str) -> list[Certificate | NotAvailable]:
    """Every certificate in a text, in order: a chain begins with its leaf."""
    found: list[Certificate | NotAvailable] = []
    for pem in _PEM.findall(text):
        try:
            found.append(_read(x509.load_pem_x509_certificate(pem.encode())))
        except ValueError as wrong:
            found.append(NotAvailable(f"it cannot be read as a certificate: {wrong}"))
    return found


def _read(certificate: x509.Certificate) -> Certificate:
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    authority = False
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names = tuple(extension.value.get_values_for_type(x509.DNSName))
            found = extension.value.get_values_for_type(x509.IPAddress)
            addresses = tuple(str(address) for address in found)
        if isinstance(extension.value, x509.BasicConstraints):
            authority = extension.value.ca
    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=names,
        addresses=addresses,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        authority=authority,
    )
