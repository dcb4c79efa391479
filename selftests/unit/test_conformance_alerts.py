"""Which rules tell of what the sources say must be told, and which are about something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.cluster.promql import selectors
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import NOW
from selftests.unit.conformance_support import SILENT, good, known, told, verdict
from selftests.unit.conformance_wide import target

API, LEADER, FAILED = "alert-api-down", "alert-no-leader", "alert-failed-requests"
MEMBER, BALANCER = "alert-etcd-member-down", "alert-balancer-down"
CERTIFICATES, BACKUPS, NODE = "alert-certificates", "alert-backups", "alert-node-not-ready"
GONE = 'absent(up{job="apiserver"})'


def ruled(*queries: str, empty: tuple[str, ...] = (), **changes: Any) -> f.Facts:
    """With these rules and no other; series of these names there are none."""
    rules = tuple(
        f.AlertRule(
            name=f"Rule{number}",
            query=query,
            health="ok",
            evaluated=NOW,
            series={one.text: 0 if one.name in empty else 1 for one in selectors(query)},
            **changes,
        )
        for number, query in enumerate(queries, 1)
    )
    watched = known(good().monitoring)
    more = (
        target("thanos", "198.51.100.90:10902"),
        target("node-exporter", "198.51.100.21:9100"),
        target("kubelet", "198.51.100.21:10250", path="/metrics/cadvisor"),
    )
    return replace(
        good(), monitoring=replace(watched, rules=rules, targets=(*watched.targets, *more))
    )


@pytest.mark.parametrize(
    ("item", "queries"),
    [
        (API, ['up{job=~".*apiserver.*"} == 0', 'absent(up{job="apiserver"} == 1)']),
        (API, ["up == 0", GONE]),
        (API, [f'up{{instance=~"198.51.100.2[1-3]:6443"}} < 1 or {GONE}']),
        (API, ["sum by (c) (apiserver_request:burnrate1h) > (14.4 * 0.01)", GONE]),
        (API, ['up{job="kube-apiserver"} == 0 or up{job="apiserver"} == 0', GONE]),
        (LEADER, ['etcd_server_has_leader{job=~".*etcd.*"} == 0']),
        (LEADER, ["min(etcd_server_has_leader) by (job) < 1"]),
        (LEADER, ["etcd_server_has_leader != bool 1"]),
        (
            FAILED,
            ['rate(grpc_server_handled_total{job=~".*etcd.*",grpc_code=~"Internal"}[5m]) > 0.01'],
        ),
        (FAILED, ['rate(grpc_server_handled_total{job!="x",grpc_code!="OK"}[5m]) > 0.01']),
        (
            CERTIFICATES,
            [
                "histogram_quantile(0.01,"
                " rate(apiserver_client_certificate_expiration_seconds_bucket[5m])) < 604800"
            ],
        ),
        (CERTIFICATES, ["kubelet_certificate_manager_client_ttl_seconds < 604800"]),
        (CERTIFICATES, ["kubeadm_certificate_expiry_days < 30"]),
        (
            CERTIFICATES,
            ['probe_ssl_earliest_cert_expiry{instance="https://cp-1:6443"} - time() < 86400'],
        ),
        (BACKUPS, ["time() - backup_age > 9 or absent(backup_age)"]),
        (
            BACKUPS,
            [
                'time() - kube_cronjob_status_last_successful_time{cronjob="etcd-backup"} > 9',
                'absent(kube_cronjob_status_last_successful_time{cronjob="etcd-backup"})',
            ],
        ),
        (NODE, ['kube_node_status_condition{condition="Ready",status="true"} == 0']),
        (NODE, ['kube_node_status_condition{condition="Ready",status!="true"} == 1']),
        (MEMBER, ['sum without (instance) (up{job=~".*etcd.*"} == bool 0) > 0']),
        (MEMBER, ["up == 0"]),
        (BALANCER, ["haproxy_up == 0"]),
        (NODE, ['up{job="kubelet",metrics_path="/metrics"} == 0']),
    ],
)
def test_a_rule_that_tells(item: str, queries: list[str]) -> None:
    facts = ruled(*queries)
    assert verdict(item, facts) is Verdict.PASS, told(item, facts)


@pytest.mark.parametrize(
    ("item", "query"),
    [
        (API, GONE),
        (API, 'up{job="node-exporter"} == 0'),
        (
            API,
            "histogram_quantile(0.99, apiserver_request_duration_seconds_bucket) > 1"
            " or absent(node_load1)",
        ),
        (API, 'rate(apiserver_request_terminations_total{job="apiserver"}[5m]) > 0.2'),
        (LEADER, "etcd_server_has_leader == 1"),
        (LEADER, "changes(etcd_server_has_leader[5m]) > 3"),
        (LEADER, "absent(etcd_server_has_leader)"),
        (FAILED, 'rate(grpc_server_handled_total{job=~"thanos.*",grpc_code!="OK"}[5m]) > 0.01'),
        (FAILED, 'rate(grpc_server_handled_total{job="etcd"}[5m]) > 9'),
        (CERTIFICATES, 'probe_ssl_earliest_cert_expiry{job="shop"} - time() < 86400'),
        (CERTIFICATES, "certmanager_certificate_expiration_timestamp_seconds - time() < 86400"),
        (
            CERTIFICATES,
            "increase(kubelet_certificate_manager_client_expiration_renew_errors[5m]) > 0",
        ),
        (BACKUPS, "haproxy_backend_active_servers + haproxy_backend_backup_servers == 0"),
        (BACKUPS, "pgbackrest_backup_since_last_completion_seconds > 9"),
        (BACKUPS, "rate(etcd_network_snapshot_send_failures[5m]) > 0"),
        (MEMBER, 'up{job="etcd-backup"} == 0'),
        (BALANCER, "haproxy_server_up == 0"),
        (NODE, 'kube_node_status_condition{condition="DiskPressure",status="true"} == 1'),
        (NODE, 'kube_node_status_condition{condition="Ready",status="true"} == 1'),
        (
            NODE,
            'changes(kube_node_status_condition{status="true",condition="Ready"}[15m]) > 2',
        ),
        (NODE, 'kube_node_info unless up{job="kubelet"} == 1'),
    ],
)
def test_a_rule_about_something_else(item: str, query: str) -> None:
    facts = ruled(query)
    assert verdict(item, facts) is Verdict.FAIL
    assert "no rule alerts on" in told(item, facts)


def test_a_rule_of_no_use_is_named_beside_one_that_tells() -> None:
    facts = ruled(
        'up{job="apiserver"} == 0', 'up{job="apiserver-old"} == 0 and on () x', GONE, empty=("x",)
    )
    assert verdict(API, facts) is Verdict.PASS
    assert "beside it, of no use: the rule Rule2 looks at x, and there is no such series" in told(
        API, facts
    )


@pytest.mark.parametrize(
    "gone",
    ["absent(node_load1)", 'absent(up{job=~"apiserver|node-exporter"})', "absent(up)"],
)
def test_what_is_missed_is_something_else(gone: str) -> None:
    facts = ruled('up{job="apiserver"} == 0', gone)
    assert verdict(API, facts) is Verdict.FAIL
    assert "Rule1: without absent() nobody is told when the target is gone" in told(API, facts)


def test_series_behind_unless_need_not_be() -> None:
    ready = 'kube_node_status_condition{condition="Ready",status="true"} == 0'
    assert verdict(NODE, ruled(f"{ready} unless on (node) x", empty=("x",))) is Verdict.PASS
    assert verdict(NODE, ruled(f"{ready} and on (node) x", empty=("x",))) is Verdict.FAIL


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"duration": timedelta(minutes=15)}, Verdict.PASS),
        ({"duration": timedelta(hours=3)}, Verdict.FAIL),
        ({"evaluated": NOW - timedelta(minutes=25), "interval": timedelta(hours=1)}, Verdict.PASS),
        ({"evaluated": NOW - timedelta(minutes=25)}, Verdict.FAIL),
    ],
)
def test_a_rule_that_tells_in_time(changes: dict[str, Any], ends: Verdict) -> None:
    watched = known(ruled("etcd_server_has_leader == 0").monitoring)
    rules = tuple(replace(one, **changes) for one in watched.rules)
    facts = replace(good(), monitoring=replace(watched, rules=rules))
    assert verdict(LEADER, facts) is ends, told(LEADER, facts)


@pytest.mark.parametrize("item", [LEADER, FAILED, BACKUPS, "slo-etcd-leader"])
@pytest.mark.parametrize("declared", [{"managed": "eks"}, {"etcd_topology": None}])
def test_an_etcd_that_somebody_else_runs(item: str, declared: dict[str, Any]) -> None:
    facts = ruled("up == 0")
    facts = replace(facts, declared=replace(facts.declared, **declared))
    assert verdict(item, facts) is Verdict.NOT_COVERED


def test_one_that_could_not_be_asked_for_beside_one_that_tells() -> None:
    watched = known(ruled("etcd_server_has_leader == 0", "etcd_server_has_leader < 1").monitoring)
    unknown = replace(watched.rules[0], series={"etcd_server_has_leader": SILENT})
    both = replace(good(), monitoring=replace(watched, rules=(unknown, watched.rules[1])))
    assert verdict(LEADER, both) is Verdict.PASS
    alone = replace(good(), monitoring=replace(watched, rules=(unknown,)))
    assert verdict(LEADER, alone) is Verdict.NOT_COVERED
