"""The lab to plant in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import load
from chaos.steady import wait_whole
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.wait import until
from selftests.planted.bench import Bench


@pytest.fixture(scope="session")
def bench(fleet: Fleet, kubectl: Kubectl) -> Bench:
    """The lab; sound before anything is planted, though it was restored just now."""
    bench = Bench(fleet, kubectl)
    until(bench.is_sound, "controllers that lead and Pods that are ready", timeout=120, every=1.0)
    back, troubles = wait_whole(Cluster(load(bench.inventory)), within=timedelta(seconds=120))
    assert back is not None, troubles
    return bench
