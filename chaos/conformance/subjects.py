"""What a rule of Prometheus is about: judged by its selectors' names and labels.

The names are those that the parts themselves, kube-state-metrics and the usual exporters have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from chaos.cluster.facts import MonitoringFacts, Target
from chaos.cluster.promql import Selector
from chaos.conformance.scraping import named, part_of

CONTROL = re.compile(r"apiserver|etcd|kube|k8s|control.?plane|:6443")
CERTIFICATES = re.compile(
    r"apiserver_client_certificate_expiration_seconds(_bucket|_sum)?"
    r"|kubelet_certificate_manager_(client|server)_(ttl|expiration)_seconds"
    r"|x509_cert_(not_after|expires_in_seconds)|ssl_(file_|kubeconfig_|kubernetes_)?cert_not_after"
)
EXPIRES = re.compile(r"cert\w*(expir|not_after|valid|ttl|remaining)|expir\w*cert")
# Of certificates that clients of the applications are shown.
SHOWN = re.compile(r"(probe|certmanager|envoy|istio|traefik|nginx|haproxy|ssl)_")
BACKUP = re.compile(r"backup|snapshot")
# etcd's own series of how it sends and applies snapshots of its log.
INTERNAL = re.compile(r"etcd_(debugging|network|server|snap|disk|mvcc)_")
BACKUPS = re.compile(r"(etcd|backup|snapshot|k3s|rke2|kube|cluster|control_?plane)")
FAILED = re.compile(r"etcd_(request_errors|http_failed)_total|etcd_requests?:\w*error\w*")
UP = ("up", "probe_success")
BUDGET = re.compile(r"apiserver_request:(burnrate|availability|error)\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that must be told.

    Args:
        what: as the evidence calls it.
        holds: whether a selector finds series of it.
        tells: whether what it is held against is so when it happens.
        part: whose targets' `up` says it.
    """

    what: str
    holds: Callable[[Selector, MonitoringFacts], bool]
    tells: Callable[[Selector], bool] = lambda _: True
    part: str = ""

    def told(self, selector: Selector, known: MonitoringFacts) -> bool:
        """Whether an alert comes of it when it happens."""
        stands = not selector.absent and not selector.spared
        return stands and self.holds(selector, known) and self.tells(selector)

    def missed(self, selector: Selector, known: MonitoringFacts) -> bool:
        """Whether an alert comes of it when there are no such series any more."""
        if not selector.absent or not self.holds(selector, known):
            return False
        # It must find nothing else, which would still be there.
        mine = (one for one in known.targets if _fits(selector, one))
        return selector.name != "up" or all(
            part_of(one, self.part) or named(one.job, self.part) for one in mine
        )


def is_up(part: str) -> Callable[[Selector, MonitoringFacts], bool]:
    """Whether a selector says of the targets of a part whether they are up."""

    def holds(selector: Selector, known: MonitoringFacts) -> bool:
        if selector.name not in UP:
            return False
        if any(named(one.value, part) for one in selector.matchers if one.wants):
            return True
        mine = [one for one in known.targets if part_of(one, part)]
        return selector.name == "up" and any(_fits(selector, one) for one in mine)

    return holds


def _fits(selector: Selector, target: Target) -> bool:
    labels = {"job": target.job, "instance": target.address, **target.labels}
    mine = (one for one in selector.matchers if one.label != "__name__")
    return all(one.fits(labels.get(one.label, "")) for one in mine)


def _down(selector: Selector) -> bool:
    return selector.tells(0)


def _says(selector: Selector, pattern: re.Pattern[str]) -> bool:
    """Whether a label must be something of this."""
    return any(pattern.search(one.value) for one in selector.matchers if one.wants)


def _api(selector: Selector, known: MonitoringFacts) -> bool:
    if BUDGET.fullmatch(selector.name) or (
        selector.absent and selector.name.startswith("apiserver_")
    ):
        return True
    if selector.name == "apiserver_request_total":
        return any(one.label == "code" and one.wants for one in selector.matchers)
    return is_up("apiserver")(selector, known)


def _api_down(selector: Selector) -> bool:
    return selector.name not in UP or _down(selector)


def _leader(selector: Selector, _known: MonitoringFacts) -> bool:
    return selector.name == "etcd_server_has_leader"


def _failed(selector: Selector, known: MonitoringFacts) -> bool:
    if FAILED.fullmatch(selector.name):
        return True
    labels = {one.label: one for one in selector.matchers if one.wants}
    if selector.name != "grpc_server_handled_total" or not any(
        one.label == "grpc_code" for one in selector.matchers
    ):
        return False
    if _says(selector, re.compile("etcd")):
        return True
    mine = [one for one in known.targets if part_of(one, "etcd")]
    return "grpc_service" not in labels and any(
        selector.fits({"job": one.job, "instance": one.address, **one.labels}) for one in mine
    )


def _certificates(selector: Selector, known: MonitoringFacts) -> bool:
    name = selector.name
    if CERTIFICATES.fullmatch(name):
        return True
    if not EXPIRES.search(name) or "error" in name:
        return False
    if not SHOWN.match(name) or _says(selector, CONTROL):
        return True
    probed = (one.labels for one in known.targets if one.path == "/probe")
    mine = (labels for labels in probed if CONTROL.search(labels.get("instance", "")))
    return name.startswith("probe_") and any(selector.fits(labels) for labels in mine)


def _backups(selector: Selector, _known: MonitoringFacts) -> bool:
    name = selector.name
    if INTERNAL.match(name):
        return False
    if BACKUPS.match(name) and BACKUP.search(name):
        return True
    said = " ".join((name, *(one.value for one in selector.matchers if one.wants)))
    return "etcd" in said and BACKUP.search(said) is not None


def _node(selector: Selector, known: MonitoringFacts) -> bool:
    if selector.name == "kube_node_status_condition":
        return any(
            m.label == "condition" and m.wants and m.fits("Ready") for m in selector.matchers
        )
    return is_up("kubelet")(selector, known)


def _balancer(selector: Selector, known: MonitoringFacts) -> bool:
    return selector.name == "haproxy_up" or is_up("haproxy")(selector, known)


def _not_ready(selector: Selector) -> bool:
    states = [one for one in selector.matchers if one.label == "status"]
    return selector.tells(0 if all(one.fits("true") for one in states) else 1)


API = Subject(what="an apiserver that is down", holds=_api, tells=_api_down, part="apiserver")
MEMBER = Subject(
    what="a member of etcd that is down", holds=is_up("etcd"), tells=_down, part="etcd"
)
BALANCER = Subject(what="a balancer that is down", holds=_balancer, tells=_down, part="haproxy")
LEADER = Subject(what="an etcd without a leader", holds=_leader, tells=_down)
REQUESTS = Subject(what="failed requests to etcd", holds=_failed)
EXPIRY = Subject(what="certificates about to expire", holds=_certificates)
OLD_BACKUPS = Subject(what="backups that are too old", holds=_backups)
NOT_READY = Subject(what="a node that is not Ready", holds=_node, tells=_not_ready, part="kubelet")
ALL = (API, LEADER, MEMBER, BALANCER, REQUESTS, EXPIRY, OLD_BACKUPS, NOT_READY)
