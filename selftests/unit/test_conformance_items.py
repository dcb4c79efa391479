"""All items together: what passes, what a single control plane lacks, what nothing proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from chaos.cluster.facts import Facts
from chaos.cluster.recorded import from_json, to_json
from chaos.conformance.outcome import Findings, counted, listed
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HAPROXY, balancer, members
from selftests.unit.conformance_support import ITEMS, SILENT, good, judged, known, red, told

# What is no fact: when, how long, and what the inventory says.
TOLD = {"version", "collected", "took", "declared", "requests"}
READ = tuple(field.name for field in fields(Facts) if field.name not in TOLD)
# Of these other facts tell as well; the UID is a guard.
ELSEWHERE = {"kubernetes", "uid", "created"}
# What a cluster with one control plane of three lacks. The balancers' own list of apiservers and
# the Service's still have the others here.
SINGLE = {
    *("cluster-level", "control-planes-over-zones", "control-planes-odd", "etcd-odd-voters"),
    *("zone-loss-leaves-control-plane", "kubernetes-service-endpoints"),
}


def test_a_cluster_that_is_as_it_should_be_passes_everything() -> None:
    assert red(good()) == {}


def test_recorded_facts_are_judged_alike() -> None:
    assert judged(from_json(to_json(good()))) == judged(good())


def test_a_single_control_plane_fails_for_the_right_items() -> None:
    base = good()
    gone = ("cp-2", "cp-3")
    text = "\n".join(line for line in HAPROXY.splitlines() if line.strip()[7:11] not in gone)
    served = [one for one in known(base.served_certificates) if one.node not in gone]
    facts = replace(
        base,
        nodes=tuple(n for n in known(base.nodes) if n.name not in gone),
        etcd=members(1),
        served_certificates=tuple(served),
        stored_certificates={k: v for k, v in base.stored_certificates.items() if k not in gone},
        balancers=tuple(
            replace(balancer(one.node, text), keepalived=one.keepalived)
            for one in known(base.balancers)
        ),
        components={"cp-1": base.components["cp-1"]},
    )
    wrong = {item for item, verdict in red(facts).items() if verdict is Verdict.FAIL}
    assert wrong == SINGLE
    assert "one control plane: 1 control plane Ready (cp-1), 1 voter of etcd" in told(
        "cluster-level", facts
    )


def unread(*names: str) -> Facts:
    """With these in the place of facts that could not be read."""
    base = good()
    blind: dict[str, Any] = {}
    for name in names:
        fact = getattr(base, name)
        blind[name] = dict.fromkeys(fact, SILENT) if isinstance(fact, Mapping) else SILENT
    return replace(base, **blind)


def test_where_nothing_could_be_read_nothing_passes() -> None:
    facts = unread(*READ)
    assert red(facts) == dict.fromkeys(ITEMS, Verdict.NOT_COVERED)
    for item, outcome in judged(facts).items():
        assert SILENT.reason in "\n".join(outcome.evidence), item
    none: dict[str, Any] = {n: {} for n in READ if isinstance(getattr(facts, n), Mapping)}
    assert red(replace(facts, **none)) == dict.fromkeys(ITEMS, Verdict.NOT_COVERED)


@pytest.mark.parametrize("name", READ)
def test_what_could_not_be_read_is_no_failure(name: str) -> None:
    found = red(unread(name))
    assert set(found.values()) <= {Verdict.NOT_COVERED}
    assert bool(found) is (name not in ELSEWHERE)


def test_one_wrong_thing_outweighs_a_gap_which_is_told() -> None:
    findings = Findings(good=["this"], wrong=["that"])
    findings.gap("cp-2", SILENT)
    outcome = findings.outcome(remedy="mend it")
    assert (outcome.verdict, outcome.remedy) == (Verdict.FAIL, "mend it")
    assert outcome.evidence == ("that", f"not looked at: cp-2: {SILENT.reason}", "this")


def test_of_nothing_at_all_nothing_is_concluded() -> None:
    assert Findings().outcome().verdict is Verdict.INCONCLUSIVE


def test_long_lists_are_cut_short() -> None:
    assert listed("abc", most=2) == "a, b and 1 more"
    assert listed("ab", most=2) == "a, b"
    assert (counted(1, "voter"), counted(0, "voter")) == ("1 voter", "0 voters")
