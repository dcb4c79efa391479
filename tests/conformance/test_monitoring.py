"""Whether somebody measures, and is told."""

import pytest

from chaos.conformance import alerts, objectives, receivers, scraping
from fixtures.item import Item


@pytest.mark.item(
    id="scraped-apiservers",
    title="Somebody measures every apiserver",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_apiservers_are_scraped(item: Item) -> None:
    """Looked at: the targets of Prometheus, beside the machines that have one that serves. A target
    is known by its port or its job, and by an address or a name of its machine.

    Expected: each has a target that is up. What is not measured fails unseen until it is
    needed.

    Mend: a scrape configuration for it, with the certificates or the token that it asks for;
    see the target's error in Prometheus.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(scraping.apiservers)


@pytest.mark.item(
    id="scraped-etcd",
    title="Somebody measures every member of etcd",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_etcd_are_scraped(item: Item) -> None:
    """Looked at: the targets of Prometheus, beside the machines that have the role etcd.

    Expected: each has a target that is up. What is not measured fails unseen until it is
    needed.

    Mend: a scrape configuration for it, with the certificates or the token that it asks for;
    see the target's error in Prometheus.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(scraping.etcd)


@pytest.mark.item(
    id="scraped-schedulers",
    title="Somebody measures every scheduler",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_schedulers_are_scraped(item: Item) -> None:
    """Looked at: the targets of Prometheus, beside the machines that have a control plane.

    Expected: each has a target that is up. What is not measured fails unseen until it is
    needed.

    Mend: a scrape configuration for it, with the certificates or the token that it asks for;
    see the target's error in Prometheus.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(scraping.schedulers)


@pytest.mark.item(
    id="scraped-controller-managers",
    title="Somebody measures every controller-manager",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_controller_managers_are_scraped(item: Item) -> None:
    """Looked at: the targets of Prometheus, beside the machines that have a control plane.

    Expected: each has a target that is up. What is not measured fails unseen until it is
    needed.

    Mend: a scrape configuration for it, with the certificates or the token that it asks for;
    see the target's error in Prometheus.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(scraping.controller_managers)


@pytest.mark.item(
    id="scraped-kubelets",
    title="Somebody measures every kubelet",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_kubelets_are_scraped(item: Item) -> None:
    """Looked at: the targets of Prometheus, beside the machines that have a node.

    Expected: each has a target that is up, of its own metrics: those of its containers
    (/metrics/cadvisor) say nothing of itself. What is not measured fails unseen until it is needed.

    Mend: a scrape configuration for it, with the certificates or the token that it asks for;
    see the target's error in Prometheus.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(scraping.kubelets)


@pytest.mark.item(
    id="scraped-balancers",
    title="Somebody measures every balancer",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_balancers_are_scraped(item: Item) -> None:
    """Looked at: the targets of Prometheus, beside the machines that have the role
    load-balancer. NOT COVERED where load_balancers.kind is other.

    Expected: each has a target that is up. What is not measured fails unseen until it is
    needed.

    Mend: a scrape configuration for it, with the certificates or the token that it asks for;
    see the target's error in Prometheus.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(scraping.balancers)


@pytest.mark.item(
    id="alert-api-down",
    title="Somebody is told when an apiserver is down",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Monitoring and Alerting",
)
def test_alert_api_down(item: Item) -> None:
    """Looked at: the rules of Prometheus whose selectors find the apiservers' `up`, or how fast
    they use up their budget of errors.

    Expected: One such rule or more that is evaluated without error, waits 15 min at most, and whose
    selectors find series now: an alert over no data never comes. And one with absent() over the
    same, for a target that is gone has no `up` of 0. Of alternatives with `or` between them one is
    enough; rules of no use beside a good one are named.

    Mend: `up{job="…apiserver…"} == 0 or absent(up{job="…apiserver…"})`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Monitoring and Alerting ("APIServerDown").
    """
    item.judge(alerts.api_down)


@pytest.mark.item(
    id="alert-no-leader",
    title="Somebody is told when etcd has no leader",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Monitoring and Alerting",
)
def test_alert_no_leader(item: Item) -> None:
    """Looked at: the rules that alert when etcd_server_has_leader is 0.

    Expected: One such rule or more, that waits 15 min at most. It is evaluated without error, and
    every selector in it finds series now: an alert over no data never comes.

    Mend: `etcd_server_has_leader == 0`, with a `for` of seconds.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Monitoring and Alerting ("etcdNoLeader").
    """
    item.judge(alerts.no_leader)


@pytest.mark.item(
    id="alert-etcd-member-down",
    title="Somebody is told when a member of etcd is down",
    severity="medium",
    source="Kubernetes High Availability, Best Practices for Kubernetes HA",
)
def test_alert_etcd_member_down(item: Item) -> None:
    """Looked at: the rules that alert when the `up` of a member of etcd is 0.

    Expected: One such rule or more. It is evaluated without error, and every selector in it
    finds series now: an alert over no data never comes. With one member less there is still a
    leader, and with another one less there is no etcd.

    Mend: `up{job="…etcd…"} == 0`.

    Source: Kubernetes High Availability, Best Practices for Kubernetes HA ("monitoring for all HA
    components").
    """
    item.judge(alerts.member_down)


@pytest.mark.item(
    id="alert-balancer-down",
    title="Somebody is told when a balancer is down",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Common Pitfalls & Troubleshooting",
)
def test_alert_balancer_down(item: Item) -> None:
    """Looked at: the rules that alert when the `up` of a balancer is 0.

    Expected: One such rule or more. It is evaluated without error, and every selector in it
    finds series now: an alert over no data never comes. NOT COVERED where load_balancers.kind is
    other, or no machine has the role load-balancer.

    Mend: `up{job="…haproxy…"} == 0`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Common Pitfalls & Troubleshooting ("Load Balancer Down/Misconfigured").
    """
    item.judge(alerts.balancer_down)


@pytest.mark.item(
    id="alert-failed-requests",
    title="Somebody is told when requests to etcd fail",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Monitoring and Alerting",
)
def test_alert_failed_requests(item: Item) -> None:
    """Looked at: the rules that look at etcd's requests that failed, by grpc_code, and not at those
    of other servers of gRPC.

    Expected: One such rule or more. It is evaluated without error, and every selector in it
    finds series now: an alert over no data never comes.

    Mend: the rate of grpc_server_handled_total with another code than OK, over that of all.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Monitoring and Alerting ("etcdHighNumberOfFailedGRPCRequests").
    """
    item.judge(alerts.failed_requests)


@pytest.mark.item(
    id="alert-certificates",
    title="Somebody is told before certificates expire",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Common Pitfalls & Troubleshooting",
)
def test_alert_certificates(item: Item) -> None:
    """Looked at: the rules that look at the time that certificates of the control plane and the
    nodes have left, and not at those of applications.

    Expected: One such rule or more. It is evaluated without error, and every selector in it
    finds series now: an alert over no data never comes.

    Mend: apiserver_client_certificate_expiration_seconds,
    kubelet_certificate_manager_client_expiration_seconds, or an exporter of certificates.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Common Pitfalls & Troubleshooting, Certificate Expiration ("All certs valid for >30 days").
    """
    item.judge(alerts.certificates)


@pytest.mark.item(
    id="alert-backups",
    title="Somebody is told when backups grow old",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_alert_backups(item: Item) -> None:
    """Looked at: the rules that look at the age of backups of etcd.

    Expected: One such rule or more; and one with absent(), for a job that never ran has no age.
    It is evaluated without error, and every selector in it finds series now: an alert over no
    data never comes.

    Mend: let the backup write the time of its success where Prometheus reads it, and alert on
    its age and its absence.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Regular etcd backups automated").
    """
    item.judge(alerts.backups)


@pytest.mark.item(
    id="alert-node-not-ready",
    title="Somebody is told when a node is not Ready",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Monitoring Metrics",
)
def test_alert_node_not_ready(item: Item) -> None:
    """Looked at: the rules that look at the nodes' condition Ready, or at the kubelets' `up`.

    Expected: One such rule or more. It is evaluated without error, and every selector in it
    finds series now: an alert over no data never comes.

    Mend: `kube_node_status_condition{condition="Ready",status="true"} == 0`, or
    `up{job="kubelet"} == 0`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Monitoring Metrics ("Node health").
    """
    item.judge(alerts.node_not_ready)


@pytest.mark.item(
    id="alerts-reach-somebody",
    title="Alerts reach somebody",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_alerts_reach_somebody(item: Item) -> None:
    """Looked at: the Alertmanagers that Prometheus sends to, and by their routes where the alerts
    end that this topic asks for. The configuration is that of the first of them that answers from
    where Prometheus is asked, or of the inventory's where that is one of them.

    Expected: an Alertmanager or more; each such alert comes to a receiver that has an
    integration, by a route that is not muted at all times. A receiver for others may tell nobody.

    Mend: `alerting:` in Prometheus's configuration, and a receiver with an integration in
    Alertmanager's.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Monitoring and alerting configured").
    """
    item.judge(receivers.reach_somebody)


@pytest.mark.item(
    id="slo-api",
    title="The API was there as promised",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Real-World Case Study: E-commerce Platform Outage Prevention",
)
def test_api_was_there(item: Item) -> None:
    """Looked at: for which part of the time Prometheus saw an apiserver up, as far back as it
    has samples, 30 days at most; beside it each apiserver by itself. `up` is that /metrics could be
    read: an apiserver whose etcd is away is up.

    Expected: 99.9 %, or the inventory's objective. NOT COVERED where of more than a hundredth of
    the time there is no sample, and it may have been less.

    Mend: find the outages in Prometheus, and their causes with the experiments of this suite.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Real-World Case Study: E-commerce Platform Outage Prevention ("99.9% uptime SLO").
    """
    item.judge(objectives.api_was_there)


@pytest.mark.item(
    id="slo-etcd-leader",
    title="etcd had a leader as promised",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Real-World Case Study: E-commerce Platform Outage Prevention",
)
def test_etcd_had_a_leader(item: Item) -> None:
    """Looked at: for which part of the time every member that was scraped had a leader.

    Expected: all of it, or the inventory's objective. NOT COVERED where of more than a hundredth of
    the time there is no sample, and where somebody else runs etcd.

    Mend: slow disks and networks make members hold elections: see their fsync times and their
    round trips.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Real-World Case Study: E-commerce Platform Outage Prevention ("100% leader availability").
    """
    item.judge(objectives.etcd_had_a_leader)


@pytest.mark.item(
    id="slo-pod-start",
    title="Pods started as promised",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Real-World Case Study: E-commerce Platform Outage Prevention",
)
def test_pods_started_in_time(item: Item) -> None:
    """Looked at: the 95th percentile of kubelets' time to start a Pod, of those that started in the
    last 30 days, or since the kubelets did where none has since. It ends when the containers have
    started, not when they are ready, and leaves out the pulling of images and init containers.

    Expected: under 30 s, or the inventory's objective.

    Mend: see what the slow ones waited for: volumes, the runtime, a node that is full.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Real-World Case Study: E-commerce Platform Outage Prevention ("95th percentile under 30
    seconds").
    """
    item.judge(objectives.pods_started_in_time)
