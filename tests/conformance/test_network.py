"""What Pods may reach, as declared and as tried."""

import pytest

from chaos.conformance import kubelet_reach, network
from fixtures.item import Item


@pytest.mark.item(
    id="network-policies-declared",
    title="Critical namespaces refuse by default",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Network Security",
)
def test_policies_are_declared(item: Item) -> None:
    """Looked at: the NetworkPolicies of every critical namespace.

    Expected: one that selects all Pods and lets nobody in, beside those that let in whom one
    expects; none that lets everybody in to all Pods, for policies add up. Whether what Pods call
    is limited as well is told, and not demanded.

    Mend: a NetworkPolicy with `podSelector: {}`, `policyTypes: [Ingress, Egress]` and no rules,
    and one for each who may, in and out; the first out is the cluster's DNS.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Network Security ("Network Policies for Control Plane").
    """
    item.judge(network.policies_are_declared)


@pytest.mark.item(
    id="network-policies-enforced",
    title="What NetworkPolicies forbid does not happen",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Network Security",
)
def test_policies_are_enforced(item: Item) -> None:
    """Looked at: up to three connections for each critical namespace, tried out of a Pod's own
    network, that the policies forbid; and the same from the node of the Pod that is called, which
    is always allowed.

    Expected: the first does not come about, and the second does. A network plugin without an
    enforcer takes policies and heeds none.

    Mend: a plugin that enforces them (Calico, Cilium), or an enforcer beside the plugin.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Network Security ("Network Policies for Control Plane").
    """
    item.judge(network.policies_are_enforced)


@pytest.mark.item(
    id="etcd-closed-to-pods",
    title="Pods do not reach etcd",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Network Security",
)
def test_etcd_is_closed(item: Item) -> None:
    """Looked at: the client and peer ports of each member of etcd, as its URLs have them, tried out
    of a Pod's own network and from the member's machine.

    Expected: the machine is answered and the Pod is not: whoever takes over a Pod should not even
    see it. Its certificates are the second wall, not the first.

    Mend: a packet filter on the machines of etcd that lets in control planes and members alone.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Network Security ("2379", "2380").
    """
    item.judge(network.etcd_is_closed)


@pytest.mark.item(
    id="kubelet-closed-to-pods",
    title="Pods do not reach kubelets",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers"
    " 2025, Security in HA Clusters",
)
def test_kubelets_are_closed(item: Item) -> None:
    """Looked at: kubelet's port, tried out of a Pod's own network and from kubelet's own machine.

    Expected: the machine is answered and the Pod is not.

    Mend: a packet filter on the nodes that lets in control planes and those who measure; waive
    it where a Pod (metrics-server) must.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Security in HA Clusters ("inherently increases your attack surface").
    """
    item.judge(network.kubelets_are_closed)


@pytest.mark.item(
    id="balancer-closed-to-pods",
    title="Pods do not reach the balancers' own ports",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers"
    " 2025, Security in HA Clusters",
)
def test_balancers_are_closed(item: Item) -> None:
    """Looked at: the ports of the balancers' pages of statistics or metrics, tried out of a Pod's
    own network and from the balancer itself.

    Expected: the balancer is answered and the Pod is not, or there is no such port; the API's own
    port stays open.

    Mend: a packet filter on the balancers, or `bind` to the balancer's own 127.0.0.1.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Security in HA Clusters ("inherently increases your attack surface").
    """
    item.judge(network.balancers_are_closed)


@pytest.mark.item(
    id="apiservers-reach-kubelets",
    title="Each apiserver reaches each kubelet",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Prerequisites Setup",
)
def test_apiservers_reach_kubelets(item: Item) -> None:
    """Looked at: the health of the kubelet of every Ready node, asked through each apiserver that
    serves, past the balancer; of more than 50 nodes, 50 from all over. Where no machine of an
    apiserver is known, as with a managed control plane, through the endpoint alone.

    Expected: an answer of the kubelet within 5 s that does not refuse the apiserver. One that does
    not get there gives no logs, no exec and no port-forward of that node, and only to those whom
    the balancer sends to it.

    Mend: let every control plane through to port 10250 of every node: see routes and packet
    filters on both machines and between them. Where TLS is refused, see the kubelet's certificate
    and the apiserver's --kubelet-client-certificate.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Prerequisites Setup ("Ensure all nodes can communicate").
    """
    item.judge(kubelet_reach.apiservers_reach_kubelets)
