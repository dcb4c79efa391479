"""The lab that these tests share, with a name and a subnet of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.down import down, leftovers
from lab.home import Home
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.progress import Progress
from lab.spec import Spec
from lab.up import fleet_of, up
from selftests.lab.support import TOP, kubectl_of

NAME = "selftest"


@pytest.fixture(scope="session")
def fleet(pytestconfig: pytest.Config) -> Iterator[Fleet]:
    """The default lab: three control planes, three workers, two balancers."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"  lab: {line}", flush=True)

    progress = Progress(say=say)
    # A run of these tests that was killed left its lab.
    down(NAME, top=TOP, progress=progress)
    up(Spec(name=NAME, subnet=15), top=TOP, progress=progress)
    yield fleet_of(NAME, TOP)
    down(NAME, top=TOP, progress=progress)
    home = Home.of(NAME, TOP)
    assert leftovers(NAME, home) == []
    assert not Path("/sys/fs/cgroup/pids/holdfast", NAME).exists()


@pytest.fixture(scope="session")
def kubectl(fleet: Fleet) -> Kubectl:
    """kubectl with the lab's kubeconfig, through its virtual IP."""
    return kubectl_of(fleet)
