"""Webhooks between a request and the API's answer."""

import pytest

from chaos.conformance import webhooks
from fixtures.item import Item


@pytest.mark.item(
    id="webhooks-endpoints",
    title="Webhooks that fail closed have two endpoints",
    severity="critical",
    source="Experience: one Pod, and the API takes nothing any more",
)
def test_two_endpoints_each(item: Item) -> None:
    """Looked at: every validating and mutating webhook with failurePolicy Fail, and the
    endpoints of its Service, a Pod with two addresses once.

    Expected: two or more that are ready.

    Mend: two replicas kept apart, or failurePolicy: Ignore where that is safe.

    Source: Experience: one Pod, and the API takes nothing any more.
    """
    item.judge(webhooks.two_endpoints_each)


@pytest.mark.item(
    id="webhooks-timeout",
    title="Webhooks are not waited for for long",
    severity="medium",
    source="Experience: the default of 10 s is longer than most clients wait",
)
def test_short_time_outs(item: Item) -> None:
    """Looked at: timeoutSeconds of every webhook.

    Expected: 5 s at most: each request waits so long while the webhook is silent.

    Mend: `timeoutSeconds: 3`.

    Source: Experience: the default of 10 s is longer than most clients wait.
    """
    item.judge(webhooks.short_time_outs)


@pytest.mark.item(
    id="webhooks-own-way",
    title="No webhook stands in its own way",
    severity="high",
    source="Experience: a webhook that refuses its own Pods cannot come back",
)
def test_not_in_their_own_way(item: Item) -> None:
    """Looked at: the rules and selectors of every webhook that fails closed, held against its
    own namespace, kube-system, nodes and leases, those of kube-node-lease too.

    Expected: it is not asked for what it, or the control plane, needs to come back.

    Mend: a namespaceSelector that leaves out its own namespace, kube-system and kube-node-lease
    (kubernetes.io/metadata.name NotIn …), and rules without nodes, which no such selector keeps
    out. While it is down kubelets cannot renew their leases, and all nodes are taken for dead.

    Source: Experience: a webhook that refuses its own Pods cannot come back.
    """
    item.judge(webhooks.not_in_their_own_way)


@pytest.mark.item(
    id="webhooks-authorities",
    title="What webhooks are verified by is valid yet",
    severity="high",
    source="Kubernetes High Availability: Tutorial & Instructions, Multi-cloud with service mesh",
)
def test_their_authorities_last(item: Item) -> None:
    """Looked at: clientConfig.caBundle of every webhook with failurePolicy Fail. An empty one is
    the roots of the apiserver's own machine: that does for a URL; of a Service it is not known.

    Expected: one of its certificates is valid, and not in the last thirtieth of its time; 60 days
    are enough of a long one. Who renews it should have done so by then. No fixed number of days is
    asked for: some controllers issue theirs for a week, and some renew those of a year in its last
    fortnight. One that cannot be read is of no use.

    Mend: find out why its controller does not renew it (cert-manager's cainjector, the webhook's
    own Pods), or renew it by hand and restart the webhook. Once it has expired the API refuses
    every request that the webhook is asked about.

    Source: Kubernetes High Availability: Tutorial & Instructions, Multi-cloud with service mesh
    ("proxy-injector webhook has valid cert", "proxy-injector cert is valid for at least 60 days").
    """
    item.judge(webhooks.authorities_last)
