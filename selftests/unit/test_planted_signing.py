"""A certificate signed anew is the same but for what was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from chaos.cluster.collect.x509 import of_pem
from chaos.cluster.facts import Certificate
from lab.pki import Pair, authority, issue
from selftests.planted.signing import Authority, anew, fingerprint

NAMES, ADDRESSES = ["kubernetes", "api.dev.holdfast.test"], ["198.18.1.11", "198.18.14.100"]


@pytest.fixture(scope="module")
def ca() -> Pair:
    return authority("kubernetes")


@pytest.fixture(scope="module")
def old(ca: Pair) -> Pair:
    return issue(ca, "kube-apiserver", names=NAMES, addresses=ADDRESSES)


def read(pem: str) -> Certificate:
    (found,) = of_pem(pem)
    assert isinstance(found, Certificate)
    return found


def signed(old: Pair, ca: Pair, **how: object) -> str:
    return anew(old.certificate, Authority(ca.certificate, ca.key), **how)  # type: ignore[arg-type]


def test_names_and_addresses_can_be_left_out(old: Pair, ca: Pair) -> None:
    pem = signed(old, ca, without=["api.dev.holdfast.test", "198.18.14.100"])
    before, after = read(old.certificate), read(pem)
    assert (after.names, after.addresses) == (("kubernetes",), ("198.18.1.11",))
    assert (after.subject, after.issuer) == (before.subject, before.issuer)
    assert (after.not_before, after.not_after) == (before.not_before, before.not_after)


def test_it_is_for_the_same_key_and_of_the_same_authority(old: Pair, ca: Pair) -> None:
    pem = signed(old, ca, left=timedelta(days=20))
    new = x509.load_pem_x509_certificate(pem.encode())
    new.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.certificate.encode()))
    assert new.public_key() == x509.load_pem_x509_certificate(old.certificate.encode()).public_key()
    assert timedelta(days=19) < read(pem).not_after - datetime.now(UTC) < timedelta(days=20)
    assert read(pem).names == tuple(NAMES)
    assert fingerprint(pem) == read(pem).sha256 != fingerprint(old.certificate)


def test_what_it_never_named_cannot_be_left_out(old: Pair, ca: Pair) -> None:
    with pytest.raises(ValueError, match=r"it is not for 198\.18\.14\.101"):
        signed(old, ca, without=["198.18.14.101", "kubernetes"])


def test_it_may_be_used_for_what_was_asked_alone(old: Pair, ca: Pair) -> None:
    assert read(old.certificate).usages == ("serverAuth", "clientAuth")
    pem = signed(old, ca, usages=["serverAuth"])
    assert read(pem).usages == ("serverAuth",)
    assert read(pem).names == tuple(NAMES)
