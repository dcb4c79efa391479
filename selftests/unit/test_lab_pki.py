"""Authorities and what they issue, as a verifier sees them."""

from __future__ import annotations

import contextlib
import datetime

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lab.pki import Pair, authority, issue

DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def ca() -> Pair:
    return authority("etcd-ca")


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.encode())


def usage(pair: Pair) -> x509.KeyUsage:
    return read(pair).extensions.get_extension_for_class(x509.KeyUsage).value


def test_what_an_authority_issues_verifies_with_it_and_no_other(ca: Pair) -> None:
    leaf = read(issue(ca, "cp-1"))
    leaf.verify_directly_issued_by(read(ca))
    with pytest.raises((InvalidSignature, ValueError)):
        leaf.verify_directly_issued_by(read(authority("etcd-ca")))


@pytest.mark.parametrize(("asked", "trusted"), [("a.test", True), ("b.test", False)])
def test_a_client_trusts_a_server_under_its_own_name_alone(
    ca: Pair, asked: str, trusted: bool
) -> None:
    verifier = PolicyBuilder().store(Store([read(ca)])).build_server_verifier(x509.DNSName(asked))
    with contextlib.nullcontext() if trusted else pytest.raises(VerificationError):
        assert verifier.verify(read(issue(ca, "server", names=["a.test"])), [])


def test_an_authority_is_its_own_issuer(ca: Pair) -> None:
    read(ca).verify_directly_issued_by(read(ca))


def test_a_certificate_names_what_it_was_asked_to_and_nothing_else(ca: Pair) -> None:
    leaf = read(issue(ca, "etcd-1", names=["etcd-1", "localhost"], addresses=["198.18.1.31"]))
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["etcd-1", "localhost"]
    assert [str(a) for a in named.get_values_for_type(x509.IPAddress)] == ["198.18.1.31"]


def test_a_certificate_that_names_nothing_has_no_empty_list_of_names(ca: Pair) -> None:
    with pytest.raises(x509.ExtensionNotFound):
        read(issue(ca, "client")).extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_the_subject_is_who_kubernetes_takes_it_for(ca: Pair) -> None:
    subject = read(issue(ca, "admin", organization="system:masters")).subject
    assert subject.rfc4514_string() == "CN=admin,O=system:masters"
    assert read(ca).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "etcd-ca"


@pytest.mark.parametrize("is_authority", [True, False])
def test_only_an_authority_may_issue(ca: Pair, is_authority: bool) -> None:
    pair = ca if is_authority else issue(ca, "leaf")
    constraints = read(pair).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca is is_authority
    assert usage(pair).key_cert_sign is is_authority
    assert usage(pair).digital_signature


def test_a_certificate_serves_as_server_and_as_client(ca: Pair) -> None:
    extended = read(issue(ca, "x")).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert set(extended.value) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def test_each_certificate_has_a_number_of_its_own(ca: Pair) -> None:
    assert read(issue(ca, "x")).serial_number != read(issue(ca, "x")).serial_number


@pytest.mark.parametrize(("kind", "days"), [("authority", 3650), ("leaf", 365)])
def test_it_is_valid_now_and_for_as_long_as_kubeadm_s(ca: Pair, kind: str, days: int) -> None:
    certificate = read(ca if kind == "authority" else issue(ca, "leaf"))
    now = datetime.datetime.now(datetime.UTC)
    assert now - DAY < certificate.not_valid_before_utc < now
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == days * DAY


def test_the_key_is_the_certificate_s(ca: Pair) -> None:
    for pair in (ca, issue(ca, "leaf")):
        key = serialization.load_pem_private_key(pair.key.encode(), password=None)
        assert key.public_key() == read(pair).public_key()
