"""Where the control plane stands."""

import pytest

from chaos.conformance import (
    apiservers_listed,
    cert_sans,
    control_planes,
    endpoint,
    replacing,
    topology,
    versions,
    zone_loss,
)
from fixtures.item import Item


@pytest.mark.item(
    id="control-planes-over-zones",
    title="Three control planes or more stand over zones of which any may be lost",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Production Checklist",
)
def test_control_planes_over_zones(item: Item) -> None:
    """Looked at: the control planes that are Ready, their zones by inventory and by label
    (topology.kubernetes.io/zone), and the zones of etcd's voters.

    Expected: three or more, besides spare ones, in more than one zone; whichever zone is lost, a
    control plane and a quorum of etcd are left. Two zones never do for etcd's own machines: one
    of the two holds the quorum.

    Mend: move or join control planes so that no zone holds too many of etcd's voters; correct the
    label or the inventory where they name different zones.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Multi-zone node distribution"); Kubernetes High Availability, Best
    Practices for Kubernetes HA ("Distribute Across Failure Domains").
    """
    item.judge(topology.control_planes_over_zones)


@pytest.mark.item(
    id="control-planes-odd",
    title="Three control planes or more, an odd number of them",
    severity="critical",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_odd_number_of_control_planes(item: Item) -> None:
    """Looked at: the machines that are control planes by the inventory or by the API, without spare
    ones, and whether etcd stands on them, by the inventory or by kubeadm's ConfigMap.

    Expected: 3, 5 or 7. One apiserver must be left, of etcd's voters more than half: where it
    stands on them a fourth gains nothing, for its quorum is 3, and more than 7 make each write
    slower. Where etcd stands on machines of its own their number need not be odd.

    Mend: `kubeadm join --control-plane` for one more, or take one off: `kubeadm reset` there, then
    `kubectl delete node`.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("Use Odd Number of
    Control Plane Nodes"); Kubernetes High Availability Architecture: Complete Guide for DevOps
    Engineers 2025, Frequently Asked Questions.
    """
    item.judge(control_planes.odd_number)


@pytest.mark.item(
    id="control-planes-over-hosts",
    title="No two control planes are one machine, or fail with one host",
    severity="high",
    source="Kubernetes High Availability: Tutorial & Instructions, Relative High "
    "Availability Models",
)
def test_control_planes_over_hosts(item: Item) -> None:
    """Looked at: the machine id and boot id that each control plane's kubelet tells, the hosts that
    the inventory names (nodes[].host), and which of etcd's voters answer there.

    Expected: they differ: equal ones are copies of one machine, or containers on one kernel.
    Whichever host is lost, a control plane and a quorum of etcd are left.

    Mend: place virtual machines on different hosts, with a rule of the hypervisor's that keeps them
    there; give a copied machine an id of its own: empty /etc/machine-id and run
    `systemd-machine-id-setup`.

    Source: Kubernetes High Availability: Tutorial & Instructions, Relative High Availability
    Models ("Multiple instances on multiple hosts").
    """
    item.judge(control_planes.over_hosts)


@pytest.mark.item(
    id="zone-loss-leaves-control-plane",
    title="Without any one zone the whole control plane is left",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Complete HA Architecture Diagram",
)
def test_zone_loss_leaves_a_control_plane(item: Item) -> None:
    """Looked at: where apiservers, schedulers and controller-managers run now and where etcd's
    voters answer; then, zone by zone, what would be left without it.

    Expected: a quorum of etcd, an apiserver, a scheduler and a controller-manager, on nodes that
    are Ready and not spare.

    Mend: repair what does not run; move or join control planes until no zone holds what the rest
    cannot do without.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Complete HA Architecture Diagram ("Zone-level redundancy: Components spread across availability
    zones"); Building Kubernetes High Availability Clusters: Easy Guide 101, Choosing a regional or
    zonal control plane.
    """
    item.judge(zone_loss.leaves_control_plane)


@pytest.mark.item(
    id="endpoint-is-balanced-name",
    title="kubeadm's controlPlaneEndpoint is the balanced name",
    severity="high",
    source="Kubernetes High Availability, Implementing HA with kubeadm",
)
def test_control_plane_endpoint(item: Item) -> None:
    """Looked at: controlPlaneEndpoint in the ConfigMap kube-system/kubeadm-config, which joins and
    renewals go by.

    Expected: it is the inventory's endpoint, name or virtual address, with its port; not one
    control plane, and not empty.

    Mend: `kubectl -n kube-system edit configmap kubeadm-config`; then renew what was made by the
    old one: the apiservers' certificates, kubeconfigs, kube-proxy's and cluster-info.

    Source: Kubernetes High Availability, Implementing HA with kubeadm, Step 2
    (controlPlaneEndpoint); High availability cluster setup in Kubernetes - Deep Dive
    ("controlPlaneEndpoint points to the HA load balancer").
    """
    item.judge(endpoint.is_balanced_name)


@pytest.mark.item(
    id="endpoint-is-a-name",
    title="The endpoint is a name and not an address",
    severity="medium",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, How to Create "
    "Kubernetes High Availability Scalable Clusters",
)
def test_endpoint_is_a_name(item: Item) -> None:
    """Looked at: the host of controlPlaneEndpoint in the ConfigMap kube-system/kubeadm-config, and
    the endpoint's name in the inventory.

    Expected: names. With a virtual address that stays, an address works as well, so that this is
    advice and no more: but it stands in every kubeconfig and certificate, and the day on which the
    balancer moves to another network all of them have to be made anew.

    Mend: a record for the address; the name into certSANs and the apiservers' certificates first,
    then into controlPlaneEndpoint, kubeconfigs, kube-proxy's and cluster-info, and the inventory.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, How to Create Kubernetes
    High Availability Scalable Clusters ("with a DNS-resolvable name"); Kubernetes High Availability
    Architecture: Complete Guide for DevOps Engineers 2025, Step 2: Initialize First Control Plane
    Node ("Use FQDN for production").
    """
    item.judge(endpoint.is_a_name)


@pytest.mark.item(
    id="kubeadm-cert-sans",
    title="kubeadm's certSANs are what the live certificates hold",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Certificate Management for HA",
)
def test_kubeadm_s_cert_sans(item: Item) -> None:
    """Looked at: apiServer.certSANs in kubeadm's ConfigMap against the certificates that the
    apiservers show.

    Expected: the balanced name and address are among them; no live certificate lacks one of them or
    has a name or an address beyond them, but its machine's own and the first Service's. Else the
    next master, or the next renewal, gets a certificate that clients of the balancer refuse.

    Mend: correct certSANs in `kubectl -n kube-system edit configmap kubeadm-config`; where a live
    one lacks a name, remove pki/apiserver.crt and apiserver.key there and run `kubeadm init phase
    certs apiserver`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Management for HA and Step 2: Initialize First Control Plane Node (certSANs).
    """
    item.judge(cert_sans.cert_sans_match)


@pytest.mark.item(
    id="workers-use-endpoint",
    title="Every worker's kubelet goes through the balancer",
    severity="critical",
    source="Kubernetes High Availability: Tutorial & Instructions, Single-cloud with stacked etcd",
)
def test_workers_use_the_endpoint(item: Item) -> None:
    """Looked at: the server in /etc/kubernetes/kubelet.conf on every node.

    Expected: the endpoint. A control plane's own kubelet may use its own apiserver, as kubeadm's
    local mode has it (since 1.31, by default from 1.33), at its port; nobody depends on another's.

    Mend: correct `server:` in kubelet.conf, then `systemctl restart kubelet`. Workers that joined
    before there was a balancer are usually the ones.

    Source: Kubernetes High Availability: Tutorial & Instructions, Single-cloud with stacked etcd
    ("Worker nodes anywhere in the cluster use the consistent address of the shared load balancer").
    """
    item.judge(endpoint.workers_use_it)


@pytest.mark.item(
    id="control-plane-uses-endpoint",
    title="No control plane depends on another one's apiserver",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, DNS and Service Discovery",
)
def test_control_planes_use_their_own_or_the_endpoint(item: Item) -> None:
    """Looked at: the server in scheduler.conf, controller-manager.conf, admin.conf and
    super-admin.conf in /etc/kubernetes on every control plane.

    Expected: the scheduler and the controller manager go to the apiserver of their own machine, at
    its port, or to the endpoint; the admin's files to the endpoint. Else the loss of one master
    takes the programs of another with it, or the key that people reach for first.

    Mend: `kubeadm init phase kubeconfig all` after the file was moved away, or correct `server:`;
    then restart that program.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    DNS and Service Discovery (kubeconfig for HA Cluster); which file leads where is kubeadm's own.
    """
    item.judge(endpoint.control_planes_use_it)


@pytest.mark.item(
    id="kube-proxy-uses-endpoint",
    title="kube-proxy goes through the balancer",
    severity="high",
    source="High availability cluster setup in Kubernetes - Deep Dive, Load Balancing Control "
    "Plane Access",
)
def test_kube_proxy_uses_the_endpoint(item: Item) -> None:
    """Looked at: the server in the kubeconfig of the ConfigMap kube-system/kube-proxy.

    Expected: the endpoint: with one master in it, Services stop to follow their Pods on all nodes
    when that master is gone.

    Mend: correct it in `kubectl -n kube-system edit configmap kube-proxy`, then `kubectl -n
    kube-system rollout restart daemonset kube-proxy`.

    Source: High availability cluster setup in Kubernetes - Deep Dive, Load Balancing Control Plane
    Access ("Clients and worker nodes access the control plane through a load balancer").
    """
    item.judge(endpoint.proxy_uses_it)


@pytest.mark.item(
    id="cluster-info-uses-endpoint",
    title="Machines that join are sent to the balancer",
    severity="medium",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, Method 1",
)
def test_cluster_info_names_the_endpoint(item: Item) -> None:
    """Looked at: the server in the ConfigMap kube-public/cluster-info, from which `kubeadm join`
    learns where the API is.

    Expected: the endpoint: a replacement must be able to join when any master is gone, which is
    when it is needed.

    Mend: `kubectl -n kube-public edit configmap cluster-info`.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, Method 1: Create
    Kubernetes High Availability Cluster With Stacked Control Plane Nodes.
    """
    item.judge(endpoint.cluster_info_names_it)


@pytest.mark.item(
    id="kubernetes-service-endpoints",
    title="The Service kubernetes sends to just the live apiservers",
    severity="high",
    source="High availability cluster setup in Kubernetes - Deep Dive, Load Balancing Control "
    "Plane Access",
)
def test_service_endpoints(item: Item) -> None:
    """Looked at: the EndpointSlices of the Service default/kubernetes, which apiservers answer and
    what they say on /livez and /readyz, and the addresses that they advertise.

    Expected: each address is that of a control plane whose apiserver answers and is well, and none
    of these is missing. A dead one costs every Pod's client a time-out each time it is chosen.

    Mend: an apiserver takes itself off when it ends in order; after a loss its lease in etcd runs
    out. Where a stranger stays, look whose --advertise-address or --etcd-servers leads here, and
    end it.

    Source: High availability cluster setup in Kubernetes - Deep Dive, Load Balancing Control Plane
    Access ("forwards requests to healthy control plane nodes").
    """
    item.judge(apiservers_listed.just_the_live_ones)


@pytest.mark.item(
    id="version-skew",
    title="Versions are near enough to each other",
    severity="high",
    source="kubernetes.io, Version Skew Policy",
)
def test_version_skew(item: Item) -> None:
    """Looked at: the version that each apiserver tells when asked past the balancer, the tags of
    the control plane's and kube-proxy's images, kubelets' versions, and to which apiservers their
    kubeconfigs lead.

    Expected: apiservers one minor version apart at most. Nothing is newer than the oldest apiserver
    that it goes to; of the newest, schedulers and controller-managers are at most one behind,
    kubelets and kube-proxies at most three. What goes to the endpoint goes to all of them; what
    kubeadm has put beside an apiserver, to that one: so an upgrade may be half way.

    Mend: go on with the upgrade: control planes first, one minor version at a time, then the nodes:
    `kubeadm upgrade node`, kubelet, kube-proxy.

    Source: kubernetes.io, Version Skew Policy; Kubernetes High Availability Architecture: Complete
    Guide for DevOps Engineers 2025, Cloud vs On-Premises HA Architectures (whose upgrades are one's
    own).
    """
    item.judge(versions.within_skew)


@pytest.mark.item(
    id="control-plane-versions-equal",
    title="No upgrade of the control plane stands half done",
    severity="medium",
    source="kubernetes.io, Upgrading kubeadm clusters",
)
def test_control_plane_versions(item: Item) -> None:
    """Looked at: the versions of apiservers, schedulers and controller-managers on every control
    plane.

    Expected: each program has one. Different ones are allowed while an upgrade goes on; left so, a
    failover changes the version that acts, and what it knows.

    Mend: `kubeadm upgrade node` on the control planes that were left behind.

    Source: kubernetes.io, Upgrading kubeadm clusters ("Upgrade other control plane nodes").
    """
    item.judge(versions.equal_on_all)


@pytest.mark.item(
    id="control-plane-taints",
    title="Workloads are kept off the control planes",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Stacked etcd Topology",
)
def test_control_plane_taints(item: Item) -> None:
    """Looked at: the taints of every control plane, where there are workers.

    Expected: node-role.kubernetes.io/control-plane with NoSchedule or NoExecute: what runs beside
    etcd takes its disk and its processor.

    Mend: `kubectl taint node NAME node-role.kubernetes.io/control-plane:NoSchedule`, then drain and
    uncordon it.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Stacked etcd Topology ("Resource contention: etcd competes with other control plane
    components").
    """
    item.judge(control_planes.tainted)


@pytest.mark.item(
    id="spare-control-planes",
    title="Spare control planes are ready, and take no traffic yet",
    severity="medium",
    source="Kubernetes High Availability: Tutorial & Instructions, Initialize tertiary node",
)
def test_spare_control_planes(item: Item) -> None:
    """Looked at: the machines with the role spare beside control-plane, their nodes, and the
    balancers' servers.

    Expected: each has joined, is Ready and labelled as a control plane, and no balancer sends to it
    unless the others are gone. Where none is declared there is nothing to ask.

    Mend: `kubeadm join --control-plane` it; take it out of the balancer, or its role spare out of
    the inventory.

    Source: Kubernetes High Availability: Tutorial & Instructions, Initialize tertiary node ("This
    is a spare configuration for Kubernetes API").
    """
    item.judge(control_planes.spares)


@pytest.mark.item(
    id="nodes-replaced",
    title="Machines that are lost are replaced, where that is declared",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_lost_machines_are_replaced(item: Item) -> None:
    """Looked at: Cluster API's MachineHealthChecks, if this cluster has them: what they watch, and
    whether they may act.

    Expected: each watches machines, all of them are healthy, and it may replace one and is not
    paused. Where none is declared there is nothing to ask; what replaces machines from outside is
    not seen from here.

    Mend: correct its selector, raise maxUnhealthy, or take the annotation cluster.x-k8s.io/paused
    off; see the Machines that are not healthy:
    `kubectl get machines -A`.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("Automated Recovery: Use
    tools like Cluster API for self-healing capabilities").
    """
    item.judge(replacing.would_replace)
