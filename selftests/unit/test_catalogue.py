"""The checklist is read out of the tests; names in an inventory must be somebody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.errors import UsageError
from fixtures.catalogue import items
from fixtures.known import load_known, refuse_strangers
from selftests.unit.cluster_support import INVENTORY, inventory_of
from selftests.unit.conformance_support import ITEMS

WAIVER = "waivers: [{id: %s, reason: r, owner: o, expires: 2030-01-01}]\n"
STRANGERS = {
    WAIVER % "etcd-odd-voter": 'no check or experiment "etcd-odd-voter"; did you mean "etcd-odd',
    "chaos: {allowed: [kubelet-stopp]}\n": 'no fault "kubelet-stopp"; did you mean "kubelet-stop"',
    "budgets: {kubelet: {redundancy: 1m}}\n": 'no fault "kubelet"',
    "budgets: {any: {probes: {api-read: {recover: 1s}}}}\n": 'no probe "api-read"; did you mean',
    "probes: {leave_out: [canary]}\n": 'no probe "canary"',
    "operations: {runbooks: {zone-los: a.md}}\n": 'no incident "zone-los"; did you mean "zone-loss',
}
FRIENDS = [
    WAIVER % "etcd-odd-voters",
    WAIVER % "zone-partition",
    WAIVER % "zone-partition-silent",
    "probes: {leave_out: [scheduling-canary]}\n",
    "operations: {runbooks: {zone-loss: a.md}}\n",
    "chaos: {allowed: [all]}\nbudgets: {etcd-stop: {probes: {any: {recover: 9s}}}}\n",
]


def test_every_item_is_found_with_its_words() -> None:
    found = {item.id: item for item in items()}
    assert sorted(found) == sorted(ITEMS)
    voters = found["etcd-odd-voters"]
    assert (voters.severity, voters.topic) == ("critical", "etcd")
    assert voters.doc.startswith("Looked at: etcd's list of members")


def test_a_decorator_of_another_kind_is_none(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("@x\n@y()\n@pytest.mark.chaos\ndef test_b(): ...\n")
    assert items(tmp_path) == ()


@pytest.mark.parametrize("more", STRANGERS)
def test_a_name_that_nobody_has_is_refused_with_its_place(more: str, tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, INVENTORY + more)
    with pytest.raises(UsageError) as caught:
        refuse_strangers(inventory)
    assert STRANGERS[more] in str(caught.value)
    assert "cluster.yaml:18:" in str(caught.value)


@pytest.mark.parametrize("more", FRIENDS)
def test_names_that_are_known_pass(more: str, tmp_path: Path) -> None:
    refuse_strangers(inventory_of(tmp_path, INVENTORY + more))


def test_an_inventory_that_names_strangers_is_not_loaded(tmp_path: Path) -> None:
    more, told = next(iter(STRANGERS.items()))
    inventory_of(tmp_path, INVENTORY + more)
    with pytest.raises(UsageError, match=told):
        load_known(tmp_path / "cluster.yaml", files=False)
