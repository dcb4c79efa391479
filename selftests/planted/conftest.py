"""The lab to plant in."""

from __future__ import annotations

import pytest

from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.wait import until
from selftests.planted.bench import Bench


@pytest.fixture(scope="session")
def bench(fleet: Fleet, kubectl: Kubectl) -> Bench:
    """The lab; sound before anything is planted, though it was restored just now."""
    bench = Bench(fleet, kubectl)
    until(bench.is_sound, "controllers that lead and Pods that are ready", timeout=120, every=1.0)
    return bench
