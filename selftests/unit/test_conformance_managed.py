"""A sound cluster of each provider: what nobody can see there is not covered, and nothing fails."""

from __future__ import annotations

import pytest

from chaos.measure.verdict import Verdict
from fixtures.catalogue import items
from selftests.unit.conformance_support import judged
from selftests.unit.managed_profiles import PROVIDERS, profile


@pytest.mark.parametrize("kind", PROVIDERS)
def test_nothing_of_a_sound_profile_fails(kind: str) -> None:
    found = judged(profile(kind))
    red = {
        name: outcome.evidence[0]
        for name, outcome in found.items()
        if outcome.verdict not in (Verdict.PASS, Verdict.NOT_COVERED)
    }
    assert red == {}
    for item in ("managed-regional", "managed-pools"):
        assert found[item].verdict is Verdict.PASS, found[item].evidence


def test_much_of_one_is_judged() -> None:
    """It would be easy to fail nothing by looking at nothing."""
    topics = {item.id: item.topic for item in items()}
    passed = [name for name, one in judged(profile("eks")).items() if one.verdict is Verdict.PASS]
    assert len(passed) > 40
    assert {"managed", "workloads", "webhooks", "operations"} <= {topics[name] for name in passed}
