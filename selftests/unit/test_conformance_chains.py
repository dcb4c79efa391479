"""Files with several certificates: chains of leaves, and authorities that take turns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chaos.cluster.facts import Certificate, Facts, StoredCertificate
from chaos.measure.verdict import Verdict
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_changes import Change, both, disk, live, of, shown
from selftests.unit.conformance_parts import NOW, PKI, certificate, on_disk
from selftests.unit.conformance_support import good, known, red, told, verdict

OWN = "/var/lib/kubelet/pki/kubelet.crt"
CHAIN, SERVING = "certificates-chain", "kubelet-serving-certificates"


def behind(node: str, path: str, one: Certificate) -> Change:
    """With a certificate more, at the end of a file."""

    def change(facts: Facts) -> Facts:
        files = known(facts.stored_certificates[node])
        more = (*files, StoredCertificate(path=path, certificate=one))
        return of("stored_certificates", node, more)(facts)

    return change


def authority(name: str, **changes: object) -> Certificate:
    lasting = NOW + timedelta(days=3600)
    made = certificate(subject=f"CN={name}", issuer=f"CN={name}", authority=True, sha256=name)
    return replace(made, key=f"key of {name}", signer=name, not_after=lasting, **changes)  # type: ignore[arg-type]


def self_signed(facts: Facts) -> Facts:
    """With a kubelet that made its certificate and the authority of it, as kubeadm leaves it."""
    node, made = "worker-1", certificate(issuer="CN=worker-1-ca@17", signer="", sha256="own")
    files = [one for one in on_disk(node) if not one.path.endswith("server-current.pem")]
    own = replace(authority("worker-1-ca@17"), not_after=NOW + timedelta(days=300), signer="")
    pair = (StoredCertificate(path=OWN, certificate=one) for one in (made, own))
    served = live("kubelet", node, issuer="CN=worker-1-ca@17", signer="", sha256="own")
    kubelet = of("kubelets", node, deep.kubelet(node, serverTLSBootstrap="false"))
    return both(of("stored_certificates", node, (*files, *pair)), served, kubelet)(facts)


def test_a_kubelet_that_made_its_own_is_one_item_s_to_tell() -> None:
    assert red(self_signed(good())) == {SERVING: Verdict.FAIL}
    assert "shows one that CN=worker-1-ca@17 signed itself" in told(SERVING, self_signed(good()))


def test_a_chain_behind_a_leaf_is_no_other_leaf() -> None:
    path = f"{PKI}/apiserver.crt"
    between = replace(authority("between"), not_after=NOW + timedelta(days=300), signer="ca")
    assert red(behind("cp-1", path, between)(good())) == {}


@pytest.mark.parametrize("signer", ["ca", "new"])
def test_while_one_authority_takes_another_s_place(signer: str) -> None:
    new = authority("new")
    nodes = tuple(good().stored_certificates)
    rolled = both(*(behind(node, f"{PKI}/ca.crt", new) for node in nodes))
    signed = both(
        disk("cp-2", f"{PKI}/apiserver.crt", signer=signer), live("kubelet", "cp-2", signer=signer)
    )
    assert red(both(rolled, signed)(good())) == {}


def test_an_authority_below_the_cluster_s_is_of_it() -> None:
    lower = authority("lower")
    change = both(
        behind("cp-1", f"{PKI}/lower-ca.crt", replace(lower, signer="ca")),
        live("kubelet", "cp-2", signer="lower"),
    )
    assert red(change(good())) == {}
    other = both(
        behind("cp-1", f"{PKI}/lower-ca.crt", lower), live("kubelet", "cp-2", signer="lower")
    )
    assert set(red(other(good()))) == {CHAIN, SERVING}


def test_an_authority_made_anew_with_its_key_is_the_same() -> None:
    renewed = disk("worker-1", f"{PKI}/ca.crt", sha256="renewed")
    assert red(renewed(good())) == {}
    other = disk("worker-1", f"{PKI}/ca.crt", sha256="other", key="other")
    assert set(red(other(good()))) == {CHAIN}
    assert "kubelet.conf on worker-1 trusts another authority" in told(CHAIN, other(good()))


def test_without_a_disk_the_kubeconfig_s_authority_is_the_cluster_s() -> None:
    blind = replace(good(), stored_certificates={})
    assert verdict(SERVING, blind) is Verdict.PASS
    nobody = replace(
        blind,
        served_certificates=tuple(
            replace(one, trusted=None) for one in known(good().served_certificates)
        ),
    )
    assert verdict(SERVING, nobody) is Verdict.NOT_COVERED


def test_who_is_trusted_was_not_looked_at() -> None:
    unseen = shown("endpoint", None, trusted=None)
    assert verdict(CHAIN, unseen(good())) is Verdict.PASS
    system = both(unseen, shown("endpoint", None, trusted=None, certificate=certificate(signer="")))
    assert verdict(CHAIN, system(good())) is Verdict.NOT_COVERED


@pytest.mark.parametrize(("signer", "end"), [("", Verdict.PASS), ("etcd-ca", Verdict.FAIL)])
def test_root_s_kubeconfig_may_be_of_another_cluster(signer: str, end: Verdict) -> None:
    copy = certificate(usages=("clientAuth",), signer=signer)
    facts = behind("cp-1", "/root/.kube/config", copy)(good())
    assert verdict(CHAIN, facts) is end
    expired = behind("cp-1", "/root/.kube/config", replace(copy, not_after=NOW))(good())
    assert verdict("certificates-30-days", expired) is Verdict.FAIL


def test_beside_etcd_s_own_certificates_lies_its_authority() -> None:
    folder = "/etc/ssl/etcd/ssl"
    files = tuple(
        StoredCertificate(path=f"{folder}/{name}", certificate=one)
        for name, one in (
            ("ca.pem", authority("etcd-ca")),
            ("member-cp-1.pem", certificate(signer="etcd-ca")),
            ("admin-cp-1.pem", certificate(signer="ca")),
        )
    )
    facts = of("stored_certificates", "cp-1", (*on_disk("cp-1"), *files))(good())
    assert verdict(CHAIN, facts) is Verdict.FAIL
    first = told(CHAIN, facts).splitlines()[0]
    assert first.startswith(f"{folder}/admin-cp-1.pem on cp-1 was signed by another")
    assert first.endswith(f"and not by {folder}/ca.pem")
    assert "member-cp-1.pem" not in told(CHAIN, facts)
