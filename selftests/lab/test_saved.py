"""The lab goes back to the moment at which it was saved."""

from __future__ import annotations

import pytest

from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.monitoring import Monitoring
from lab.progress import Progress
from lab.saved import restore, save
from lab.shell import CommandFailed

pytestmark = pytest.mark.lab


def test_a_restored_lab_has_what_was_there_and_not_what_came_after(
    fleet: Fleet, kubectl: Kubectl
) -> None:
    quiet = Progress(say=lambda _: None)
    kubectl("create", "configmap", "before", "--namespace=default")
    save(fleet, progress=quiet)
    kubectl("delete", "configmap", "before", "--namespace=default")
    kubectl("create", "configmap", "after", "--namespace=default")
    restore(fleet, progress=quiet)
    kubectl("get", "configmap", "before", "--namespace=default")
    with pytest.raises(CommandFailed, match="NotFound"):
        kubectl("get", "configmap", "after", "--namespace=default")
    # Later than the cluster is well; whoever looks at it next finds it measured.
    Monitoring(fleet, quiet).wait()
