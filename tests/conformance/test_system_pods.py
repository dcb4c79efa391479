"""What the cluster itself runs as Pods."""

import pytest

from chaos.conformance import system_pods
from fixtures.item import Item


@pytest.mark.item(
    id="system-pods",
    title="What the cluster itself runs as Pods is ready",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Step 6: Verify HA Setup",
)
def test_system_pods_are_ready(item: Item) -> None:
    """Looked at: every Pod of kube-system, and of other namespaces those of the priority
    system-node-critical; on how many nodes each of their DaemonSets should be, and on how many
    its Pod is ready. A node is Ready without kube-proxy, and a control plane's program that ends
    again and again is a Pod that is there.

    Expected: all that have not ended are ready, none waits in CrashLoopBackOff or for an image,
    and each DaemonSet is ready on all its nodes. What has not been ready for less than a minute
    may be starting, and what stands on a node that is not Ready is that node's matter: neither is
    covered.

    Mend: `kubectl -n kube-system describe pod` and `kubectl -n kube-system logs --previous` of
    those that are named.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 6: Verify HA Setup ("Check control plane components: kubectl get pods -n kube-system").
    """
    item.judge(system_pods.system_pods_are_ready)
