"""What measures a lab: every part is scraped, and every alert of the checklist is there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from chaos.cluster import facts as f
from chaos.cluster.collect.alertmanager import receivers_of, route_of
from chaos.cluster.promql import selectors
from chaos.conformance import alerts, receivers, scraping
from chaos.measure.verdict import Verdict
from lab.plan import Plan, plan
from lab.spec import Spec
from selftests.unit.conformance_parts import NOW
from selftests.unit.conformance_support import good, known
from selftests.unit.support import files_of

PLANS = {
    "default": plan(Spec(subnet=0)),
    "external etcd": plan(Spec(etcd="external", subnet=1)),
}
every_lab = pytest.mark.parametrize("lab", PLANS.values(), ids=list(PLANS))
ALERTS = (
    *(alerts.api_down, alerts.no_leader, alerts.failed_requests, alerts.certificates),
    *(
        alerts.backups,
        alerts.node_not_ready,
        alerts.member_down,
        alerts.balancer_down,
        receivers.reach_somebody,
    ),
)
SCRAPED = (
    *(scraping.apiservers, scraping.etcd, scraping.schedulers, scraping.controller_managers),
    *(scraping.kubelets, scraping.balancers),
)


def content(lab: Plan, name: str) -> Any:
    return YAML(typ="safe").load(files_of(lab, lab.balancers[0])[f"/etc/prometheus/{name}"].content)


def machines(lab: Plan) -> tuple[f.NodeFact, ...]:
    """The lab's machines as facts."""
    base = known(good().nodes)[0]
    found = []
    for machine in lab.machines:
        roles = [machine.role.value] + (["etcd"] if machine in lab.etcd else [])
        kubernetes = base.kubernetes if machine.runs_kubelet else None
        if kubernetes:
            plane = machine.role.value == "control-plane"
            kubernetes = replace(kubernetes, control_plane=plane)
        found.append(
            replace(
                base,
                name=machine.name,
                address=machine.address,
                roles=tuple(dict.fromkeys(roles)),
                kubernetes=kubernetes,
            )
        )
    return tuple(found)


def facts(lab: Plan) -> f.Facts:
    """What a Prometheus with the lab's configuration would say, with all targets up."""
    targets = tuple(
        f.Target(job=job["job_name"], address=address, up=True)
        for job in content(lab, "prometheus.yml")["scrape_configs"]
        for static in job["static_configs"]
        for address in static["targets"]
    )
    rules = tuple(
        f.AlertRule(
            name=rule["alert"],
            query=rule["expr"],
            health="ok",
            evaluated=NOW,
            series={one.text: 1 for one in selectors(rule["expr"])},
            labels=rule["labels"],
        )
        for group in content(lab, "rules.yml")["groups"]
        for rule in group["rules"]
    )
    text = files_of(lab, lab.balancers[0])["/etc/prometheus/alertmanager.yml"].content
    watched = replace(
        known(good().monitoring),
        targets=targets,
        rules=rules,
        receivers=receivers_of(text),
        route=route_of(text),
    )
    return replace(good(), nodes=machines(lab), monitoring=watched)


@every_lab
def test_every_item_of_monitoring_passes_on_it(lab: Plan) -> None:
    seen = facts(lab)
    for judge in (*ALERTS, *SCRAPED):
        outcome = judge(seen, seen.declared)
        assert outcome.verdict is Verdict.PASS, outcome.evidence


@every_lab
def test_every_series_of_a_rule_is_kept(lab: Plan) -> None:
    kept = [
        rule["regex"]
        for job in content(lab, "prometheus.yml")["scrape_configs"]
        for rule in job["metric_relabel_configs"]
    ]
    for group in content(lab, "rules.yml")["groups"]:
        for rule in group["rules"]:
            for selector in selectors(rule["expr"]):
                name = selector.text.partition("{")[0]
                assert name == "up" or any(re.fullmatch(one, name) for one in kept), name


@every_lab
def test_one_balancer_measures_and_members_of_etcd_tell_of_their_snapshots(lab: Plan) -> None:
    for machine in lab.machines:
        there = "/etc/prometheus/prometheus.yml" in files_of(lab, machine)
        assert there is (machine == lab.monitor)
        told = "/etc/systemd/system/machine-metrics.service" in files_of(lab, machine)
        assert told is (machine in lab.etcd)
