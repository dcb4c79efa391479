"""The balancers in front of the apiservers."""

import pytest

from chaos.conformance import load_balancer
from fixtures.item import Item


@pytest.mark.item(
    id="balancer-checks-apiservers",
    title="The balancer checks the health of every apiserver",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Production Checklist",
)
def test_every_apiserver_is_checked(item: Item) -> None:
    """Looked at: each balancer's configuration behind the endpoint's port, and how its running
    process sees the servers.

    Expected: every control plane but spare ones is a server, and nobody else; each is checked by
    GET /readyz over TLS, and is up. A TCP connect is also answered by an apiserver that hangs or
    has lost etcd, and a plain HTTP check against the TLS port never passes: the examples of two of
    the sources make these mistakes.

    Mend: `option httpchk`, `http-check send meth GET uri /readyz`, `http-check expect status 200`
    and, on the servers, `check check-ssl verify required ca-file FILE`; then reload HAProxy.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Load balancer with health checks") and Health Check Configuration.
    """
    item.judge(load_balancer.every_apiserver_is_checked)
