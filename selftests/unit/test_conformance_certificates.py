"""Judging certificates, as they are shown and as they lie on disks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chaos.cluster.facts import Certificate, Facts, StoredCertificate
from chaos.measure.verdict import Verdict
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_parts import ADDRESS, API, NOW, certificate, on_disk
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

NAMES, LAST = "certificates-name-balancer", "certificates-30-days"


def live(one: Certificate) -> Facts:
    """With cp-2's apiserver showing this certificate."""
    return replace(
        good(), served_certificates=at(known(good().served_certificates), 1, certificate=one)
    )


def disk(one: Certificate) -> Facts:
    """With this certificate on cp-2's disk."""
    files = (*on_disk("cp-1"), StoredCertificate(path="/etc/kubernetes/new.crt", certificate=one))
    return replace(good(), stored_certificates={**good().stored_certificates, "cp-2": files})


@pytest.mark.parametrize(
    ("names", "addresses", "missing"),
    [
        (["kubernetes"], ["10.96.0.1", ADDRESS], API),
        (["kubernetes", API], ["10.96.0.1"], ADDRESS),
        (["kubernetes"], ["10.96.0.1"], f"{API}, {ADDRESS}"),
    ],
)
def test_a_live_certificate_without_the_balancer(
    names: list[str], addresses: list[str], missing: str
) -> None:
    facts = live(certificate(names=tuple(names), addresses=tuple(addresses)))
    assert verdict(NAMES, facts) is Verdict.FAIL
    said = f"the apiserver of cp-2 (198.51.100.22:6443) shows a certificate without {missing}:"
    assert said in told(NAMES, facts)


def test_a_certificate_on_disk_that_is_not_shown_does_not_count() -> None:
    assert verdict(LAST, disk(certificate(names=(), addresses=()))) is Verdict.PASS


def test_an_endpoint_whose_address_changes_is_known_by_its_name() -> None:
    facts = live(certificate(names=(API,), addresses=()))
    cloud = replace(facts, declared=replace(facts.declared, endpoint_address=None))
    assert verdict(NAMES, cloud) is Verdict.PASS
    assert verdict(NAMES, facts) is Verdict.FAIL


def test_an_endpoint_that_has_an_address_for_a_name() -> None:
    facts = live(certificate(names=(), addresses=(ADDRESS,)))
    plain = replace(facts, declared=replace(facts.declared, endpoint_name=ADDRESS))
    assert verdict(NAMES, plain) is Verdict.PASS


def test_a_wildcard_covers_the_balancers_name() -> None:
    assert verdict(NAMES, live(certificate(names=("*.dev.holdfast.test",)))) is Verdict.PASS


def test_apiservers_that_could_not_be_asked() -> None:
    served = known(good().served_certificates)
    one = replace(good(), served_certificates=at(served, 1, certificate=SILENT))
    assert {verdict(NAMES, one), verdict(LAST, one)} == {Verdict.NOT_COVERED}
    assert SILENT.reason in told(NAMES, one)
    none = replace(good(), served_certificates=SILENT)
    assert {verdict(NAMES, none), verdict(LAST, none)} == {Verdict.NOT_COVERED}
    nobody = replace(good(), served_certificates=())
    assert {verdict(NAMES, nobody), verdict(LAST, nobody)} == {Verdict.NOT_COVERED}
    forgotten = replace(good(), served_certificates=served[1:])
    assert verdict(NAMES, forgotten) is Verdict.NOT_COVERED
    assert "the apiserver of cp-1: it was not asked" in told(NAMES, forgotten)


def test_an_endpoint_of_which_no_apiserver_is_known() -> None:
    workers = tuple(n for n in known(good().nodes) if n.roles == ("worker",))
    endpoint = known(good().served_certificates)[3:]
    facts = replace(good(), nodes=workers, served_certificates=endpoint)
    assert verdict(NAMES, facts) is Verdict.NOT_COVERED
    assert "the apiservers: none was asked" in told(NAMES, facts)


@pytest.mark.parametrize(
    ("days", "said"), [(30, "in 30 days"), (1, "in 1 day"), (0, "expired on"), (-3, "expired on")]
)
def test_a_certificate_that_ends_soon(days: int, said: str) -> None:
    old = certificate(not_after=NOW + timedelta(days=days))
    for facts, where in ((live(old), "cp-2 (198.51.100.22:6443)"), (disk(old), "new.crt on cp-2")):
        assert verdict(LAST, facts) is Verdict.FAIL
        first = told(LAST, facts).splitlines()[0]
        assert said in first
        assert where in first


def test_more_than_thirty_days_are_enough() -> None:
    enough = certificate(not_after=NOW + timedelta(days=30, minutes=1))
    assert verdict(LAST, disk(enough)) is Verdict.PASS
    assert "the first to expire is /etc/kubernetes/new.crt on cp-2" in told(LAST, disk(enough))


def test_a_certificate_that_is_not_valid_yet() -> None:
    facts = live(certificate(not_before=NOW + timedelta(hours=2)))
    assert verdict(LAST, facts) is Verdict.FAIL
    assert "is not valid before 2026-11-20 17:00 UTC" in told(LAST, facts)


def test_authorities_whose_keys_are_kept_elsewhere() -> None:
    outside = replace(good(), keys={name: deep.keys(name)[1:] for name in good().keys})
    assert verdict("authorities-equal", outside) is Verdict.PASS


LIVE = (
    LAST,
    "certificates-names-complete",
    "certificates-chain",
    "certificates-usage",
    "certificates-live-equal-disk",
)


@pytest.mark.parametrize("item", LIVE)
@pytest.mark.parametrize("what", ["apiserver", "kubelet", "etcd client", "etcd peer"])
def test_who_was_not_asked_or_did_not_answer_is_a_gap(item: str, what: str) -> None:
    served = known(good().served_certificates)
    which = [(one.what, one.node) for one in served].index((what, "cp-3"))
    forgotten = replace(good(), served_certificates=(*served[:which], *served[which + 1 :]))
    assert verdict(item, forgotten) is Verdict.NOT_COVERED
    assert f"{what} of cp-3: it was not asked" in told(item, forgotten)
    closed = replace(good(), served_certificates=at(served, which, certificate=SILENT))
    assert verdict(item, closed) is Verdict.NOT_COVERED
    assert SILENT.reason in told(item, closed)


@pytest.mark.parametrize("item", LIVE)
def test_without_etcd_s_members_nobody_knows_whom_to_ask(item: str) -> None:
    served = tuple(o for o in known(good().served_certificates) if "etcd" not in o.what)
    facts = replace(good(), etcd=SILENT, served_certificates=served)
    assert verdict(item, facts) is Verdict.NOT_COVERED
    assert f"what members of etcd show: {SILENT.reason}" in told(item, facts)
    theirs = replace(facts, declared=replace(facts.declared, etcd_topology=None))
    assert verdict(item, theirs) is Verdict.PASS


def test_disks_that_could_not_be_looked_at() -> None:
    for stored in (SILENT, (StoredCertificate(path="/x.crt", certificate=SILENT),)):
        facts = replace(good(), stored_certificates={**good().stored_certificates, "cp-2": stored})
        assert verdict(LAST, facts) is Verdict.NOT_COVERED
        assert SILENT.reason in told(LAST, facts)
    without = {k: v for k, v in good().stored_certificates.items() if k != "worker-3"}
    facts = replace(good(), stored_certificates=without)
    etcd = replace(known(good().nodes)[0], name="etcd-1", roles=("etcd",), kubernetes=None)
    apart = replace(good(), nodes=(*known(good().nodes), etcd))
    for item in (LAST, "certificates-chain", "certificates-usage", "authorities-one-year"):
        assert verdict(item, apart) is Verdict.NOT_COVERED
        assert "the disk of etcd-1: none was found there" in told(item, apart)
    assert verdict(LAST, facts) is Verdict.NOT_COVERED
    assert "the disk of worker-3: none was found there" in told(LAST, facts)


def test_a_node_that_the_inventory_does_not_have_is_a_gap() -> None:
    nodes = known(good().nodes)
    stranger = replace(nodes[3], name="worker-9", declared=False, roles=())
    facts = replace(good(), nodes=(*nodes, stranger))
    assert verdict(LAST, facts) is Verdict.NOT_COVERED
    assert "worker-9: the inventory does not have it" in told(LAST, facts)
