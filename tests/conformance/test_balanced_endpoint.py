"""The endpoint that clients use: its address, its name, its machines."""

import pytest

from chaos.conformance import endpoint_name, node_services, takeover, virtual_ip
from fixtures.item import Item


@pytest.mark.item(
    id="balancer-no-single-point",
    title="The endpoint has no single point of failure",
    severity="critical",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, What is Kubernetes "
    "High Availability & Why is it Needed?",
)
def test_no_single_point(item: Item) -> None:
    """Looked at: the machines with the role load-balancer, their zones and hosts, and what
    keepalived on each would take over.

    Expected: two or more, not all in one zone nor on one host (where the inventory names them),
    each able to take the endpoint's address; and the address is not that of one machine.

    Mend: a second balancer in another zone with keepalived and the same virtual_ipaddress, or a
    balancer of the cloud's.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, What is Kubernetes
    High Availability & Why is it Needed? ("ensures that Kubernetes and its supporting
    components have no single point of failure").
    """
    item.judge(virtual_ip.no_single_point)


@pytest.mark.item(
    id="balancer-outside-cluster",
    title="The endpoint is no Service of its own cluster",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Cloud Provider Load Balancer Examples",
)
def test_outside_the_cluster(item: Item) -> None:
    """Looked at: the addresses of all Services, the endpoint's name and address, and what the
    machines resolve the name to.

    Expected: none of them is the endpoint's: what balances the API must not need the API to
    come back. The source's example for GCP makes this mistake.

    Mend: a balancer outside the cluster (HAProxy and keepalived, the cloud's own), and the name
    pointed at it.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Cloud Provider Load Balancer Examples (whose example is a Service of type LoadBalancer).
    """
    item.judge(virtual_ip.outside_the_cluster)


@pytest.mark.item(
    id="virtual-ip-one-holder",
    title="Exactly one balancer holds the endpoint's address",
    severity="critical",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, How to Create "
    "Kubernetes High Availability Scalable Clusters",
)
def test_one_holder(item: Item) -> None:
    """Looked at: the addresses of every balancer's interfaces.

    Expected: the endpoint's address is on one of them: with none nobody answers, with two (they
    do not hear each other) answers come from either.

    Mend: see keepalived's log on both; let them hear each other (VRRP, IP protocol 112), with
    one virtual_router_id.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, How to Create
    Kubernetes High Availability Scalable Clusters ("the load balancer's IP is always the same
    as kubeadm's ControlPlaneEndpoint").
    """
    item.judge(virtual_ip.one_holder)


@pytest.mark.item(
    id="virtual-ip-moves-in-time",
    title="The endpoint's address moves in time",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Results After HA Implementation",
)
def test_moves_in_time(item: Item) -> None:
    """Looked at: keepalived's advert_int, priority, and the interval, timeout and fall of the
    scripts that it heeds.

    Expected: who takes over does so within the budget for the API (30 s, or the inventory's
    objective), after a silent holder and after a sick one.

    Mend: `advert_int 0.5`, and scripts with `interval 1`, `timeout 2`, `fall 2`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Results After HA Implementation ("under 30 seconds for node failures").
    """
    item.judge(takeover.moves_in_time)


@pytest.mark.item(
    id="keepalived-watches-haproxy",
    title="The address leaves a machine whose balancer is dead",
    severity="high",
    source="Experience: a keepalived without a script keeps the address though HAProxy is gone",
)
def test_holder_is_watched(item: Item) -> None:
    """Looked at: track_script and track_process of the instance that moves the endpoint's
    address and of its sync group, the scripts that there are, their weights, and the priorities
    of the other balancers.

    Expected: one script or more that asks HAProxy itself, and whose failure gives the address
    up, or leaves its holder a lower priority than another balancer has that may preempt it.
    keepalived alone sees only that the other machine is there.

    Mend: a `vrrp_script` that asks HAProxy for an answer, without a weight, named in
    `track_script`.

    Source: Experience: a keepalived without a script keeps the address though HAProxy is gone.
    """
    item.judge(takeover.holder_is_watched)


@pytest.mark.item(
    id="endpoint-name-resolves",
    title="Every machine finds the endpoint by its name, through two resolvers",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " DNS and Service Discovery",
)
def test_name_resolves(item: Item) -> None:
    """Looked at: the answer of each resolver that each machine of the cluster has configured,
    and of the machine's own library.

    Expected: two resolvers or more, and each says the endpoint's address. A kubelet that cannot
    resolve the name has lost the API though every apiserver is well.

    Mend: two `nameserver` lines with servers in different zones, and the record on both.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    DNS and Service Discovery ("DNS records that point to your load balancer").
    """
    item.judge(endpoint_name.name_resolves)


@pytest.mark.item(
    id="endpoint-name-ttl",
    title="Nobody keeps the endpoint's address for long",
    severity="low",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " DNS and Service Discovery",
)
def test_name_is_not_kept_long(item: Item) -> None:
    """Looked at: the time to live of the answers of the machines' resolvers.

    Expected: at most 5 minutes, which the source's record has, or what the inventory's
    objectives say: so long do clients look at the old address after it has changed. What a
    resolver was told by another it tells with the time that is left: more than that is too much,
    less proves nothing, and is not covered.

    Mend: a shorter time to live of the record.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    DNS and Service Discovery ("k8s-api.internal.example.com. 300 IN A").
    """
    item.judge(endpoint_name.name_is_not_kept_long)


@pytest.mark.item(
    id="apiserver-health-endpoints",
    title="Each apiserver says that it is alive and ready",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Health Checks and Failover",
)
def test_health_paths_answer(item: Item) -> None:
    """Looked at: /livez and /readyz of each apiserver, asked directly, and of the endpoint.

    Expected: 200 on both, from each.

    Mend: `kubectl get --raw '/readyz?verbose'` at that apiserver says which part is not ready;
    etcd most of the time.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Health Checks and Failover ("/livez", "/readyz").
    """
    item.judge(endpoint_name.health_paths_answer)


@pytest.mark.item(
    id="balancer-services",
    title="The balancers' services start at boot and are started again",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Step 1: Provision and Configure Load Balancer",
)
def test_balancers_run(item: Item) -> None:
    """Looked at: the systemd units haproxy and, where the inventory names its configuration,
    keepalived, on each balancer.

    Expected: enabled and running; HAProxy is started again when it fails.

    Mend: `systemctl enable --now haproxy keepalived`, and `Restart=always` in a drop-in.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 1: Provision and Configure Load Balancer ("systemctl enable haproxy").
    """
    item.judge(node_services.balancers_run)
