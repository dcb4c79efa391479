"""What the cluster itself runs as Pods."""

from __future__ import annotations

from typing import Any

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

NAME, SYSTEM = "planted", "kube-system"
WHERE, MINE = f"--namespace={SYSTEM}", f"--selector=app={NAME}"
WORKER = "worker-2"
ABSENT = "ErrImageNeverPull"
"""What kubelet says of an image that is not there, and that it must not pull."""


class DaemonWithoutItsImage(Defect):
    """A DaemonSet of kube-system has an image that a node lacks, as after an upgrade by hand.

    The node is Ready all the same.
    """

    name = "daemon-without-its-image"
    item = "system-pods"
    evidence = rf"^kube-system/planted-\S+ on {WORKER} does not run: {ABSENT}"

    def plant(self, bench: Bench) -> None:
        bench.apply(_daemonset())
        until(lambda: _waits(bench), f"its Pod waits on {WORKER}", timeout=60, every=0.5)

    def mend(self, bench: Bench) -> None:
        bench.delete("daemonset", NAME, WHERE)
        until(
            lambda: not bench.kubectl.items("pods", WHERE, MINE),
            "its Pods are gone",
            timeout=60,
            every=0.5,
        )


def _waits(bench: Bench) -> bool:
    states = [
        container["state"]
        for pod in bench.kubectl.items("pods", WHERE, MINE)
        for container in pod["status"].get("containerStatuses") or ()
    ]
    return [(state.get("waiting") or {}).get("reason") for state in states] == [ABSENT]


def _daemonset() -> dict[str, Any]:
    labels = {"app": NAME}
    spec = {
        "containers": [
            {
                "name": NAME,
                "image": "holdfast.test/absent:1",
                "imagePullPolicy": "Never",
                "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
            }
        ],
        "nodeSelector": {"kubernetes.io/hostname": WORKER},
        "terminationGracePeriodSeconds": 0,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": SYSTEM},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
