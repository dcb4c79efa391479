"""The machines that are nodes: what the API says of them, and what they say themselves."""

import pytest

from chaos.conformance import links, node_machines, node_services, nodes
from fixtures.item import Item


@pytest.mark.item(
    id="nodes-ready",
    title="Every node is Ready",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Step 6: Verify HA Setup",
)
def test_nodes_are_ready(item: Item) -> None:
    """Looked at: the nodes that the API has, beside the inventory's machines.

    Expected: every machine that is to be a node is one, and is Ready.

    Mend: `kubectl describe node NAME` tells why; kubelet's log on the machine tells more.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 6: Verify HA Setup ("kubectl get nodes").
    """
    item.judge(nodes.nodes_are_ready)


@pytest.mark.item(
    id="nodes-pressure",
    title="No node is short of memory, disk or processes",
    severity="high",
    source="kubernetes.io, Node Status",
)
def test_nodes_have_no_pressure(item: Item) -> None:
    """Looked at: the conditions MemoryPressure, DiskPressure, PIDPressure and
    NetworkUnavailable.

    Expected: none of them is true, and none unknown: a node under pressure evicts Pods and
    takes no new ones.

    Mend: free what is short; requests and limits keep it from coming back.

    Source: kubernetes.io, Node Status; Node-pressure Eviction.
    """
    item.judge(nodes.nodes_have_no_pressure)


@pytest.mark.item(
    id="nodes-labels",
    title="Nodes say which zone and host they are",
    severity="high",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_nodes_are_labelled(item: Item) -> None:
    """Looked at: the labels topology.kubernetes.io/zone and kubernetes.io/hostname of every
    node.

    Expected: both are there, and the zone is the inventory's. The scheduler spreads over what
    labels say, not over what is true; the key kubernetes.io/zone, which one source uses, no
    node has.

    Mend: `kubectl label node NAME topology.kubernetes.io/zone=ZONE`, and in kubelet's
    --node-labels for the next one.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("Distribute Across
    Failure Domains").
    """
    item.judge(nodes.nodes_are_labelled)


@pytest.mark.item(
    id="nodes-schedulable",
    title="No node is left cordoned",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Nodes in HA Setup",
)
def test_nodes_are_schedulable(item: Item) -> None:
    """Looked at: which nodes take no new Pods.

    Expected: none: a node that was cordoned for work and forgotten is missing when another
    goes.

    Mend: `kubectl uncordon NAME`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Nodes in HA Setup ("enough worker nodes to handle the failure of several nodes").
    """
    item.judge(nodes.nodes_are_schedulable)


@pytest.mark.item(
    id="workers-over-zones",
    title="Workers stand in several zones",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Nodes in HA Setup",
)
def test_workers_over_zones(item: Item) -> None:
    """Looked at: the workers that are Ready, and their zones.

    Expected: two workers or more, in two zones or more, and one in every zone with a control
    plane; in no zone more than twice as many as in another.

    Mend: workers in the zones that lack them; machines of several zones in the node group.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Nodes in HA Setup ("Multi-Zone Distribution"); Building Kubernetes High Availability
    Clusters: Easy Guide 101, Choosing multi-zonal or single-zone node pools ("distributing nodes
    equally across zones").
    """
    item.judge(nodes.workers_over_zones)


@pytest.mark.item(
    id="node-services",
    title="kubelet and the container runtime start at boot and are started again",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " API Server Connection Refused",
)
def test_nodes_run(item: Item) -> None:
    """Looked at: the systemd units kubelet and containerd (or crio, docker, as kubelet tells it)
    of every node.

    Expected: enabled, running, and with a Restart other than `no`.

    Mend: `systemctl enable --now kubelet containerd`, and `Restart=always` in a drop-in.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    API Server Connection Refused ("systemctl status kubelet").
    """
    item.judge(node_services.nodes_run)


@pytest.mark.item(
    id="node-forwarding",
    title="Nodes forward packets, for good",
    severity="high",
    source="Kubernetes High Availability: Tutorial & Instructions, Install packages and "
    "configure Linux system",
)
def test_forwarding_is_on(item: Item) -> None:
    """Looked at: net.ipv4.ip_forward as it is, and as the files of sysctl set it at the next
    boot; net.ipv6.conf.all.forwarding where Pods have such addresses. systemd reads
    /etc/sysctl.conf through a link /etc/sysctl.d/99-sysctl.conf alone, which not all have.

    Expected: 1 in both. The source writes into /proc, which the next boot forgets: the node
    then comes back Ready, and its Pods reach nobody.

    Mend: `net.ipv4.ip_forward = 1` in a file of /etc/sysctl.d.

    Source: Kubernetes High Availability: Tutorial & Instructions, Install packages and
    configure Linux system ("echo 1 > /proc/sys/net/ipv4/ip_forward").
    """
    item.judge(node_machines.forwarding_is_on)


@pytest.mark.item(
    id="node-bridge-settings",
    title="Packets on Pods' bridges meet the rules of Services, for good",
    severity="medium",
    source="Kubernetes High Availability: Tutorial & Instructions, Install packages and "
    "configure Linux system",
)
def test_bridges_are_filtered(item: Item) -> None:
    """Looked at: bridge-nf-call-iptables and bridge-nf-call-ip6tables as they are and at the
    next boot, the module br_netfilter, and whether a bridge carries Pods at all.

    Expected: where one does: 1 in both, and the module loaded at boot.

    Mend: both settings in /etc/sysctl.d, and br_netfilter in /etc/modules-load.d.

    Source: Kubernetes High Availability: Tutorial & Instructions, Install packages and
    configure Linux system ("echo br_netfilter > /etc/modules-load.d/br_netfilter.conf").
    """
    item.judge(node_machines.bridges_are_filtered)


@pytest.mark.item(
    id="packages-held",
    title="Kubernetes' packages are held at their version",
    severity="medium",
    source="Kubernetes High Availability: Tutorial & Instructions, Install packages and "
    "configure Linux system",
)
def test_packages_are_held(item: Item) -> None:
    """Looked at: what dpkg or rpm knows of kubelet, kubeadm and kubectl on every node.

    Expected: held: an upgrade of the system that takes them along breaks the order in which a
    cluster is upgraded. Where they come from no package this is not covered.

    Mend: `apt-mark hold kubelet kubeadm kubectl`; with rpm `exclude=` in the repository's file,
    or `dnf versionlock add`.

    Source: Kubernetes High Availability: Tutorial & Instructions, Install packages and
    configure Linux system ("apt-mark hold kubelet kubeadm kubectl").
    """
    item.judge(node_machines.packages_are_held)


@pytest.mark.item(
    id="clocks-kept",
    title="Something keeps every machine's clock",
    severity="high",
    source="Experience: certificates, leases and logs are read by the clock",
)
def test_clocks_are_kept(item: Item) -> None:
    """Looked at: chrony, ntpd, systemd-timesyncd and their kind on every machine, and whether
    they are synchronised, as they say, or the kernel of them.

    Expected: one runs, and is. A container has no clock of its own: there it is not covered.

    Mend: `systemctl enable --now chrony`, with servers that it reaches.

    Source: Experience: certificates, leases and logs are read by the clock.
    """
    item.judge(node_machines.clocks_are_kept)


@pytest.mark.item(
    id="clocks-agree",
    title="No two clocks are more than 500 ms apart",
    severity="high",
    source="Experience: etcd complains of a second between members",
)
def test_clocks_agree(item: Item) -> None:
    """Looked at: the clock of every machine, read between our own begin and end of the asking:
    so the offset is known between two bounds.

    Expected: no two can be more than 500 ms apart. Two that are proved to be fail; two that may
    be, because they could not be read closely, are not covered.

    Mend: see why the machine's clock is not kept: its service, its servers, a firewall before
    UDP port 123.

    Source: Experience: etcd complains of a second between members.
    """
    item.judge(node_machines.clocks_agree)


@pytest.mark.item(
    id="disks-room",
    title="Disks have room",
    severity="high",
    source="kubernetes.io, Node-pressure Eviction",
)
def test_disks_have_room(item: Item) -> None:
    """Looked at: the file systems of /, etcd, kubelet, the runtime and the logs: at their usual
    paths, and where etcd, kubelet and containerd are told to write.

    Expected: 15 % free, and 10 % of the inodes: below 10 % kubelet evicts Pods, and an etcd
    without disk stops.

    Mend: a larger disk, or find what fills it: images, logs, snapshots.

    Source: kubernetes.io, Node-pressure Eviction.
    """
    item.judge(node_machines.disks_have_room)


@pytest.mark.item(
    id="network-paths",
    title="Machines reach the network over two links",
    severity="low",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_paths_are_redundant(item: Item) -> None:
    """Looked at: the devices of every machine's default routes (of IPv6 where it has none of
    IPv4), and the network cards below them: through VLANs, bridges, bonds and teams.

    Expected: two of them are up, of one bond or of two routes, and none of a bond is down: that
    one is missing when the other goes. A virtual machine's or container's network is its host's:
    there it is not covered.

    Mend: a second card, to another switch, and a bond over both; where one of a bond is down, its
    cable, switch port or card.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("Implement redundant
    network paths").
    """
    item.judge(links.paths_are_redundant)
