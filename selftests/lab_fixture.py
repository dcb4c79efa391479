"""The one lab of a session of tests: selftests/conftest.py loads it, and nobody else does.

Imported into a second conftest.py it would be a second fixture, and so a second lab.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.down import down, leftovers
from lab.home import Home
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.progress import Progress
from lab.spec import Spec
from lab.up import fleet_of, up

# The labs of tests live in the checkout, as a user's do.
TOP = Path(__file__).parents[1]
ASKED = "HOLDFAST_SELFTEST_LAB"
"""The environment's `NAME SUBNET`, for labs of two sessions beside each other."""


@contextmanager
def lab_of(spec: Spec, config: pytest.Config) -> Iterator[Home]:
    """A lab of this shape, from nothing to nothing; how it gets on is printed as it comes."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"  lab: {line}", flush=True)

    progress = Progress(say=say)
    # A run of these tests that was killed left its lab.
    down(spec.name, top=TOP, progress=progress)
    yield up(spec, top=TOP, progress=progress)
    down(spec.name, top=TOP, progress=progress)
    assert leftovers(spec.name, Home.of(spec.name, TOP)) == []
    assert not Path("/sys/fs/cgroup/pids/holdfast", spec.name).exists()


@pytest.fixture(scope="session")
def fleet(pytestconfig: pytest.Config) -> Iterator[Fleet]:
    """The default lab: three control planes, three workers, two balancers."""
    name, subnet = os.environ.get(ASKED, "selftest 15").split()
    with lab_of(Spec(name=name, subnet=int(subnet)), pytestconfig):
        yield fleet_of(name, TOP)


@pytest.fixture(scope="session")
def kubectl(fleet: Fleet) -> Kubectl:
    """kubectl with the lab's kubeconfig, through its virtual IP."""
    return Kubectl(fleet.layers.tools / "usr/local/bin/kubectl", fleet.home.kubeconfig)
