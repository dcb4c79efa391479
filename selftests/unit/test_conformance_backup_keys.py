"""In whatever form the keys are kept beside snapshots, and by whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster import facts as f
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_support import good, known, told, verdict

PKI = ("ca.key", "sa.key", "front-proxy-ca.key", "etcd/ca.key")
POLICY = "policy/encryption.yaml"


def kept(*names: str) -> f.Facts:
    """With these names in every archive."""
    return replace(
        good(),
        backups=tuple(
            replace(one, archives=tuple(replace(a, names=names) for a in known(one.archives)))
            for one in known(good().backups)
        ),
    )


@pytest.mark.parametrize("top", ["./", "pki/", "etc/kubernetes/pki/", "/cp-1/pki/", "cp-1/"])
def test_however_the_folder_was_copied(top: str) -> None:
    facts = kept(*(f"{top}{name}" for name in PKI), POLICY)
    assert verdict("backup-pki", facts) is Verdict.PASS, told("backup-pki", facts)
    for name in PKI:
        less = kept(*(f"{top}{one}" for one in PKI if one != name), POLICY)
        assert verdict("backup-pki", less) is Verdict.FAIL, (name, told("backup-pki", less))


def test_the_key_of_an_authority_that_no_machine_has() -> None:
    facts = kept(*(f"pki/{name}" for name in PKI if name != "ca.key"), POLICY)
    outside = {
        node: tuple(one for one in known(keys) if not one.path.endswith("/pki/ca.key"))
        for node, keys in facts.keys.items()
    }
    assert verdict("backup-pki", facts) is Verdict.FAIL
    assert verdict("backup-pki", replace(facts, keys=outside)) is Verdict.PASS
    unseen = replace(facts, keys={**outside, "cp-2": f.NotAvailable("silent")})
    assert verdict("backup-pki", unseen) is Verdict.FAIL
