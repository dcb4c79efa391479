"""All items together: what passes, what a single control plane lacks, what nothing proves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster.facts import Facts, NotAvailable
from chaos.cluster.recorded import from_json, to_json
from chaos.conformance.outcome import Findings, counted, listed
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HAPROXY, balancer, members
from selftests.unit.conformance_support import ITEMS, SILENT, good, judged, known, red

READ = (
    *("nodes", "apiservers", "etcd", "encryption", "served_certificates", "workloads"),
    *("disruption_budgets", "backups", "balancers", "leases", "uid", "kubernetes"),
)


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
        balancers=(balancer("lb-1", text), balancer("lb-2", text)),
        components={"cp-1": base.components["cp-1"]},
    )
    wrong = dict.fromkeys(("etcd-odd-voters", "control-planes-over-zones"), Verdict.FAIL)
    assert red(facts) == wrong


def unread(*names: str) -> Facts:
    """With these in the place of facts that could not be read."""
    return replace(good(), **dict.fromkeys(names, SILENT))  # type: ignore[arg-type]


def test_where_nothing_could_be_read_nothing_passes() -> None:
    blind: dict[str, NotAvailable] = dict.fromkeys(good().stored_certificates, SILENT)
    facts = replace(unread(*READ), stored_certificates=blind, components={"cp-1": SILENT})
    assert red(facts) == dict.fromkeys(ITEMS, Verdict.NOT_COVERED)
    for outcome in judged(facts).values():
        assert SILENT.reason in "\n".join(outcome.evidence)
    nothing = replace(facts, stored_certificates={}, components={})
    assert red(nothing) == dict.fromkeys(ITEMS, Verdict.NOT_COVERED)


@pytest.mark.parametrize("name", READ)
def test_what_could_not_be_read_is_no_failure(name: str) -> None:
    found = red(unread(name))
    assert set(found.values()) <= {Verdict.NOT_COVERED}
    # The version and the list of apiservers are told by other means as well; the UID is a guard.
    assert bool(found) is (name not in ("apiservers", "kubernetes", "uid"))


def test_without_the_nodes_five_items_are_not_covered() -> None:
    assert set(red(unread("nodes"))) == {
        "control-planes-over-zones",
        "certificates-name-balancer",
        "certificates-30-days",
        "workloads-apart",
        "balancer-checks-apiservers",
    }


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
