"""What answers behind the balancers."""

from __future__ import annotations

from chaos.cluster.facts import Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded


@recorded(
    "apiserver-health-endpoints",
    r"^cp-2 \(\S+\) answers 500 on /readyz: .*etcd failed",
    also=["kubernetes-service-endpoints"],
)
def apiserver_not_ready(facts: Facts) -> Facts:
    """One apiserver lives, and says that it is not ready: it has lost its etcd a moment ago.

    What the balancers will make of it in a second, they have not yet; nor has the Service
    kubernetes, which sends Pods there.
    """
    sick = "[-]etcd failed: reason withheld"
    return the.among(
        "health",
        lambda one: (one.node, one.path) == ("cp-2", "/readyz"),
        code=500,
        said=sick,
    )(facts)
