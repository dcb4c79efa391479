"""The defects in recorded facts: on the selftests' cluster each turns red what it declares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster.facts import Facts, NotAvailable
from selftests.planted.recorded import changes as the
from selftests.planted.recording import (
    RecordedDefect,
    exact,
    judged,
    recorded,
    recorded_registry,
)
from selftests.unit.conformance_support import good

ITEM = "control-plane-taints"


@pytest.mark.parametrize("defect", recorded_registry().values(), ids=recorded_registry())
def test_exactly_what_it_declares_goes_red(defect: RecordedDefect) -> None:
    exact(defect, good())


def no_taint(facts: Facts) -> Facts:
    """One control plane has no taint.

    So anything is put there.
    """
    return the.kubernetes("cp-2", taints=())(facts)


NAMED = r"^cp-2 has no taint"


def test_a_function_is_a_defect() -> None:
    defect = recorded(ITEM, NAMED)(no_taint)
    assert (defect.name, set(defect.red)) == ("no-taint", {ITEM})
    assert defect.what == "One control plane has no taint.\n\nSo anything is put there."
    assert exact(defect, good()).told(ITEM).startswith("cp-2 has no taint")


def test_one_that_takes_less_or_more_than_it_says_is_none() -> None:
    with pytest.raises(AssertionError, match="etcd-space: PASS"):
        exact(recorded(ITEM, NAMED, also=["etcd-space"])(no_taint), good())
    two = the.all_of(no_taint, the.of("etcd", alarms=NotAvailable("nobody looked")))
    two.__name__ = "two"
    with pytest.raises(AssertionError, match="etcd-no-alarms: NOT_COVERED"):
        exact(recorded(ITEM, NAMED)(two), good())


def test_one_whose_evidence_names_something_else_is_none() -> None:
    with pytest.raises(AssertionError, match="cp-2 has no taint"):
        exact(recorded(ITEM, r"^cp-3 has no taint")(no_taint), good())


def test_what_was_red_before_is_no_defect_of_these_facts() -> None:
    defect = recorded(ITEM, NAMED)(no_taint)
    with pytest.raises(AssertionError, match="without it: FAIL"):
        exact(defect, no_taint(good()))
    # What the facts lack is made first, and the defect then.
    taints = ("node-role.kubernetes.io/control-plane=:NoSchedule",)
    completed = replace(defect, first=the.kubernetes("cp-2", taints=taints))
    assert exact(completed, no_taint(good())).turned == judged(defect, good()).turned


def test_a_change_of_what_is_not_there_says_so() -> None:
    with pytest.raises(AssertionError, match="nothing fits"):
        the.among("nodes", lambda one: one.name == "cp-9", zone="a")(good())
    with pytest.raises(AssertionError, match="no etcd on worker-1"):
        the.flags("etcd", {"name": "x"}, "worker-1")(_with_worker(good()))
    with pytest.raises(AssertionError, match="nobody looked"):
        the.of("etcd", keys=1)(replace(good(), etcd=NotAvailable("nobody looked")))


def _with_worker(facts: Facts) -> Facts:
    return replace(facts, components={**facts.components, "worker-1": ()})


def test_flags_are_changed_added_and_taken_away() -> None:
    def flags(facts: Facts, node: str) -> dict[str, str]:
        (etcd,) = (one for one in the.known(facts.components[node]) if one.name == "etcd")
        return dict(etcd.flags)

    before = flags(good(), "cp-2")
    facts = the.flags("etcd", {"client-cert-auth": None, "name": "x"}, "cp-2")(good())
    after = flags(facts, "cp-2")
    assert "client-cert-auth" in before
    assert after == {k: v for k, v in before.items() if k != "client-cert-auth"} | {"name": "x"}
    assert flags(facts, "cp-1") == flags(good(), "cp-1")
