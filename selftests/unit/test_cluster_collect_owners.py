"""Prometheus, Alertmanager, runbooks, clocks, health paths and connections out of Pods."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import clocks, from_pods, health, monitoring, operations, targets
from chaos.cluster.collect.alertmanager import receivers_of
from chaos.cluster.collect.policies import Forbidden
from chaos.cluster.facts import (
    Clock,
    EtcdFacts,
    EtcdMember,
    HaproxyConfig,
    Machine,
    MonitoringFacts,
    NotAvailable,
    OperationsFacts,
    Route,
)
from chaos.cluster.haproxy import parse_haproxy
from chaos.cluster.inventory import InventoryError
from chaos.cluster.kube import Listed
from chaos.cluster.shell import Questions, Said
from selftests.unit.cluster_support import INVENTORY, inventory_of
from selftests.unit.conformance_parts import balancer

CONFIG = """\
route:
  receiver: nobody
  routes:
    - receiver: on-call
      routes: [{receiver: chat}]
receivers:
  - name: nobody
  - name: on-call
    webhook_configs: [{url: <secret>}]
    email_configs: [{to: x}]
  - name: chat
    slack_configs: []
  - name: unused
    webhook_configs: [{url: x}]
"""


def test_receivers_that_routes_lead_to() -> None:
    assert receivers_of(CONFIG) == {"nobody": (), "on-call": ("email", "webhook"), "chat": ()}
    for text in ("a: [", "[]", "receivers: []"):
        with pytest.raises(ValueError, match="Alertmanager's configuration"):
            receivers_of(text)


TARGETS = {
    "activeTargets": [
        {
            "scrapeUrl": "https://198.51.100.21:6443/metrics",
            "labels": {"job": "kube-apiserver"},
            "health": "up",
        },
        {"scrapeUrl": "http://x:1/m", "scrapePool": "p", "health": "down", "lastError": "refused"},
    ]
}
RULES = {
    "groups": [
        {
            "rules": [
                {
                    "type": "alerting",
                    "name": "Down",
                    "query": 'up{job="a"} == 0',
                    "health": "ok",
                    "lastEvaluation": "2026-11-20T15:00:00.123456789Z",
                },
                {
                    "type": "alerting",
                    "name": "New",
                    "query": "absent(y)",
                    "health": "unknown",
                    "lastEvaluation": "0001-01-01T00:00:00Z",
                },
                {"type": "recording", "name": "r", "query": "x"},
            ]
        }
    ]
}


def test_targets_and_rules_as_they_are_told() -> None:
    first, second = targets.targets_of(TARGETS)
    assert (first.job, first.address, first.up) == ("kube-apiserver", "198.51.100.21:6443", True)
    assert (second.job, second.path, second.error) == ("p", "/m", "refused")
    down, new = targets.rules_of(RULES)
    assert down.evaluated == datetime(2026, 11, 20, 15, 0, 0, 123456, UTC)
    assert (new.health, new.evaluated) == ("unknown", None)


class Prometheus:
    """What one answers on loopback."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.value = "3"
        self.cluster: dict[str, Any] = {"status": "disabled"}
        self.active = "http://127.0.0.1:9/api/v2/alerts"

    def answer(self, path: str) -> Any:
        parts = urlsplit(path)
        query = parse_qs(parts.query).get("query", [""])[0]
        self.asked.append(query or parts.path)
        if parts.path == "/api/v2/status":
            return {"config": {"original": CONFIG}, "cluster": self.cluster}
        found: dict[str, Any] = {
            "/api/v1/targets": TARGETS,
            "/api/v1/rules": RULES,
            "/api/v1/alertmanagers": {"activeAlertmanagers": [{"url": self.active}]},
        }
        if query == "time()":
            found[parts.path] = {"result": [1763650800.0, "1763650800.5"]}
        elif query.startswith("max(up)["):
            found[parts.path] = {"result": [{"values": [[1763647200, "1"], [1763650800, "1"]]}]}
        elif "y" in query and query.startswith("count"):
            found[parts.path] = {"result": []}
        elif query:
            one = {"metric": {"instance": "cp-1:6443"}, "value": [1, self.value]}
            found[parts.path] = {"result": [one]}
        return {"status": "success", "data": found[parts.path]}


SIGNED: list[str] = []
"""How each request was signed that the newest server was asked."""


@contextmanager
def served(answer: Callable[[str], Any]) -> Iterator[str]:
    """An HTTP server on loopback. Gives its URL."""
    SIGNED.clear()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            SIGNED.append(self.headers.get("Authorization", ""))
            content = answer(self.path)
            data = json.dumps(content).encode()
            self.send_response(content if isinstance(content, int) else 200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def watching(folder: Path, url: str, *, more: str = "") -> Cluster:
    section = f"monitoring: {{prometheus: '{url}', alertmanager: '{url}'{more}}}\n"
    return Cluster(inventory_of(folder, INVENTORY + section))


@pytest.mark.parametrize("more", ["", ", node: cp-1"])
def test_prometheus_is_asked_from_here_or_from_a_node(more: str, tmp_path: Path) -> None:
    prometheus = Prometheus()
    with served(prometheus.answer) as url:
        found = monitoring.look(watching(tmp_path, url, more=more))
    assert isinstance(found, MonitoringFacts)
    assert found.at == datetime.fromtimestamp(1763650800.5, UTC)
    assert found.alertmanagers == ("http://127.0.0.1:9/api/v2/alerts",)
    assert found.receivers == {"nobody": (), "on-call": ("email", "webhook"), "chat": ()}
    assert [rule.series for rule in found.rules] == [{'up{job="a"}': 3}, {"y": 0}]
    api, leader, start = found.objectives
    assert (api.value, leader.name, start.name) == (3.0, "etcd leader", "pod start")
    # The expression escapes the dash, and its quotes the backslash: one alone is a syntax error.
    assert r'max(up{job=~"kube\\-apiserver"})[30d:1m]' in api.query
    # Younger than a minute, it has no sample of any minute.
    assert api.query.endswith(r' or max(up{job=~"kube\\-apiserver"})')
    assert api.window == timedelta(seconds=3600.5)
    assert (api.seen, api.each) == (180 / 3600.5, {"cp-1:6443": 3.0})
    assert (leader.seen, leader.each) == (180 / 3600.5, {})
    assert "increase(" in start.query
    assert prometheus.asked.count("/api/v1/targets") == 1


def test_a_query_that_finds_no_number(tmp_path: Path) -> None:
    prometheus = Prometheus()
    prometheus.value = "NaN"
    with served(prometheus.answer) as url:
        found = monitoring.look(watching(tmp_path, url))
    assert isinstance(found, MonitoringFacts)
    assert [one.value for one in found.objectives] == [None, None, None]
    # Where no Pod started in the window, of those since the kubelets' start.
    assert "max_over_time(" in found.objectives[2].query
    assert found.objectives[2].window is None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda _: 503, "/api/v1/targets answers 503"),
        (lambda _: {"status": "error", "error": "no"}, "does not answer as Prometheus does: no"),
        (lambda _: {"status": "success", "data": {}}, "does not answer as Prometheus does"),
    ],
)
def test_what_is_no_prometheus(answer: Callable[[str], Any], told: str, tmp_path: Path) -> None:
    with served(answer) as url:
        found = monitoring.look(watching(tmp_path, url))
    assert isinstance(found, NotAvailable)
    assert told in found.reason


@pytest.mark.parametrize(
    ("active", "peers", "heard"),
    [
        ("http://127.0.0.1:9/api/v2/alerts", [], True),
        ("http://127.0.0.9:9/api/v2/alerts", [], False),
        ("http://127.0.0.9:9/api/v2/alerts", [{"address": "127.0.0.9:9094"}], True),
    ],
)
def test_the_inventory_s_alertmanager_is_heard_where_it_is_one_of_them(
    active: str, peers: list[Any], heard: bool, tmp_path: Path
) -> None:
    prometheus = Prometheus()
    prometheus.active, prometheus.cluster = active, {"peers": peers}
    with served(prometheus.answer) as url:
        found = monitoring.look(watching(tmp_path, url))
    assert isinstance(found, MonitoringFacts)
    assert isinstance(found.receivers, NotAvailable) is not heard
    if not heard:
        assert found.receivers == NotAvailable(
            f"{active} cannot be asked, and the inventory's is none of them"
        )


def test_those_that_alerts_go_to_are_heard_first(tmp_path: Path) -> None:
    prometheus, other = Prometheus(), "route: {receiver: x}\nreceivers: [{name: x}]"
    with served(lambda _: {"config": {"original": other}}) as where:
        prometheus.active = f"{where}/api/v2/alerts"
        with served(prometheus.answer) as url:
            found = monitoring.look(watching(tmp_path, url))
    assert isinstance(found, MonitoringFacts)
    assert found.receivers == {"x": ()}
    assert found.route == Route(receiver="x")


@pytest.mark.parametrize(
    "config",
    [None, 3, {"original": None}, {"original": "<html>"}, {"original": "route: {routes: [x]}"}],
)
def test_an_alertmanager_that_is_none_takes_nothing_else_with_it(
    config: Any, tmp_path: Path
) -> None:
    prometheus = Prometheus()

    def answer(path: str) -> Any:
        return {"config": config} if "status" in path else prometheus.answer(path)

    with served(answer) as url:
        found = monitoring.look(watching(tmp_path, url))
    assert isinstance(found, MonitoringFacts)
    assert isinstance(found.receivers, NotAvailable)
    assert "Alertmanager" in found.receivers.reason
    assert found.alertmanagers == ("http://127.0.0.1:9/api/v2/alerts",)


def test_a_clock_that_is_a_vector(tmp_path: Path) -> None:
    prometheus = Prometheus()
    for result in ([{"metric": {}, "value": [1763650800, "1763650800.5"]}], []):
        data = {"status": "success", "data": {"resultType": "vector", "result": result}}

        def answer(path: str, data: Any = data) -> Any:
            return data if "time()" in path else prometheus.answer(path)

        with served(answer) as url:
            found = monitoring.look(watching(tmp_path, url))
        assert isinstance(found, MonitoringFacts if result else NotAvailable)


@pytest.mark.parametrize("answer", [429, {"status": "success", "data": {"result": [{}]}}])
def test_a_query_that_could_not_be_asked_finds_nothing_of_its_own(
    answer: Any, tmp_path: Path
) -> None:
    prometheus = Prometheus()

    def some(path: str) -> Any:
        return answer if "count" in path or "avg" in path else prometheus.answer(path)

    with served(some) as url:
        found = monitoring.look(watching(tmp_path, url))
    assert isinstance(found, MonitoringFacts)
    assert all(isinstance(n, NotAvailable) for rule in found.rules for n in rule.series.values())
    assert isinstance(found.objectives[0].value, NotAvailable)
    assert found.objectives[2].value == 3.0


@pytest.mark.parametrize("more", ["", ", node: cp-1"])
def test_nobody_answers_there(more: str, tmp_path: Path) -> None:
    found = monitoring.look(watching(tmp_path, "http://127.0.0.1:9", more=more))
    assert isinstance(found, NotAvailable)
    assert "http://127.0.0.1:9 cannot be asked" in found.reason


def test_no_password_is_told(tmp_path: Path) -> None:
    prometheus = Prometheus()
    with served(prometheus.answer) as url:
        where = url.replace("//", "//me:s3cret@").replace("s3", "s%33")
        found = monitoring.look(watching(tmp_path, where))
    assert isinstance(found, MonitoringFacts)
    assert found.url == url
    assert set(SIGNED) == {"Basic bWU6czNjcmV0"}
    gone = monitoring.look(watching(tmp_path, "http://me:s3cret@127.0.0.1:9"))
    assert isinstance(gone, NotAvailable)
    assert "s3cret" not in gone.reason


def test_an_inventory_without_monitoring(tmp_path: Path) -> None:
    found = monitoring.look(Cluster(inventory_of(tmp_path)))
    assert found == NotAvailable("the inventory has no section monitoring")


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("monitoring: {prometheus: 127.0.0.1}", '"127.0.0.1" is no URL'),
        (
            "monitoring: {prometheus: 'http://x', node: cp-9}",
            'there is no node "cp-9"; did you mean "cp-',
        ),
        ("objectives: {api: 2}", "objectives.api"),
    ],
)
def test_an_inventory_that_is_wrong(section: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=None) as caught:
        inventory_of(tmp_path, f"{INVENTORY}{section}\n")
    assert told in str(caught.value)


# what owners have ready


def owned(folder: Path, section: str) -> OperationsFacts | NotAvailable:
    return operations.look(Cluster(inventory_of(folder, f"{INVENTORY}operations: {section}\n")))


def test_runbooks_that_are_there_and_that_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Do this\n")
    (tmp_path / "empty.md").touch()
    with served(lambda path: 404 if "gone" in path else {}) as url:
        pages = f"a: a.md, b: empty.md, c: none.md, d: '{url}/x', e: '{url}/gone'"
        found = owned(tmp_path, f"{{runbooks: {{{pages}, f: 'http://127.0.0.1:9/x'}}}}")
    assert isinstance(found, OperationsFacts)
    seen = {one.incident: one.found for one in found.runbooks}
    silent = seen.pop("f")
    assert isinstance(silent, NotAvailable)
    assert seen == {"a": True, "b": False, "c": False, "d": True, "e": False}
    assert found.drills == NotAvailable("the inventory names no history of drills")


def test_runbooks_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.md").write_text("# Do this\n")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = owned(tmp_path, f"{{runbooks: {{a: a.md, b: {'x' * 300}, c: '~nobody-here/x'}}}}")
    assert isinstance(found, OperationsFacts)
    whys = {one.incident: one.found for one in found.runbooks}
    for name, why in (("a", "Permission denied"), ("b", "too long"), ("c", "home directory")):
        assert isinstance(known := whys[name], NotAvailable), name
        assert why in known.reason


def test_drills_out_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "drills").write_text("# ours\nrestore: 2026-10-01T09:30:00Z\nrenewal: 2026-10-02\n")
    found = owned(tmp_path, "{history: drills}")
    assert isinstance(found, OperationsFacts)
    assert found.drills == {
        "restore": datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
        "renewal": datetime(2026, 10, 2, tzinfo=UTC),
    }
    (tmp_path / "drills").write_text("restore: soon\n")
    found = owned(tmp_path, "{history: drills}")
    assert isinstance(found, OperationsFacts)
    assert isinstance(found.drills, NotAvailable)
    assert "drills cannot be read" in found.drills.reason


def test_drills_out_of_a_configmap(tmp_path: Path) -> None:
    cluster = Cluster(
        inventory_of(tmp_path, INVENTORY + "operations: {history: 'configmap:ops/drills'}\n")
    )

    class Kube:
        def get(self, path: str) -> Any:
            assert path == "/api/v1/namespaces/ops/configmaps/drills"
            return {"data": {"failover": "2026-11-01T00:00:00+00:00"}}

    cluster.__dict__["kube"] = Kube()
    found = operations.look(cluster)
    assert isinstance(found, OperationsFacts)
    assert found.drills == {"failover": datetime(2026, 11, 1, tzinfo=UTC)}
    assert operations.look(Cluster(inventory_of(tmp_path))) == NotAvailable(
        "the inventory has no section operations"
    )


# clocks


def test_a_machine_s_clock_is_known_better(tmp_path: Path) -> None:
    bounds = clocks.look(Cluster(inventory_of(tmp_path)))
    assert set(bounds) == {"cp-1", "cp-2", "cp-3", "worker-1", "lb-1", "lb-2"}
    for least, most in bounds.values():
        assert least <= timedelta() <= most
        assert most - least < timedelta(seconds=1)
    silent = NotAvailable("x")
    wide = Clock(least=timedelta(seconds=-9), most=timedelta(seconds=9), keepers=("chrony",))
    machine = Machine(
        units=silent, kernel=silent, packages=silent, disks=silent, clock=wide, resolved=silent
    )
    found = clocks.narrowed(machine, bounds["cp-1"])
    assert isinstance(found, Machine)
    assert found.clock == replace(wide, least=bounds["cp-1"][0], most=bounds["cp-1"][1])
    assert clocks.narrowed(machine, None) == machine
    assert clocks.narrowed(silent, bounds["cp-1"]) == silent


# health paths


def test_without_a_kubeconfig_nobody_is_asked(tmp_path: Path) -> None:
    found = health.look(Cluster(inventory_of(tmp_path)), {})
    assert isinstance(found, NotAvailable)
    assert found.reason.startswith("There is no kubeconfig")


# connections out of Pods


def running(name: str, node: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "name": name, "uid": f"uid-{name}"},
        "spec": {"nodeName": node, **spec},
        "status": {"phase": "Running", "podIP": "10.0.0.9"},
    }


class Played:
    """Nodes that answer each try as they are told to."""

    def __init__(self, folder: Path, results: dict[tuple[str, int], bool]) -> None:
        self.cluster = Cluster(inventory_of(folder))
        self.results = results
        self.scripts: dict[str, str] = {}

    def node(self, name: str) -> Any:
        played = self

        class Node:
            def ask(self, questions: Questions) -> dict[str, Said]:
                script = questions.commands["tries"]
                played.scripts[name] = script
                lines = []
                for line in script.splitlines():
                    if line.startswith("( "):
                        number = line.split(" && echo ")[1].split()[0]
                        where = line.split(" && echo ")[0].split()[-2:]
                        good = played.results.get((where[0], int(where[1])), False)
                        inside = "inside" in line
                        connected = good and not inside
                        lines.append(f"{number} {'yes' if connected else 'no'}")
                return {"tries": Said(0, "\n".join(lines))}

        return Node()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cluster, name)


def look(played: Any, *pods: Any, forbidden: tuple[Forbidden, ...] = ()) -> Any:
    listed = Listed(pods, "1", datetime(2026, 11, 20, tzinfo=UTC))
    return from_pods.look(played, listed, forbidden, (balancer("lb-1"),))


def test_what_is_tried_from_where(tmp_path: Path) -> None:
    open_ = {("198.51.100.21", 2379): True, ("198.51.100.11", 8404): True}
    played = Played(tmp_path, open_)
    found = look(played, running("a", "worker-1"), running("h", "worker-1", hostNetwork=True))
    by_what: dict[str, list[str]] = {}
    for one in found:
        by_what.setdefault(one.what, []).append(one.target)
        assert one.source == "worker-1"
        assert not one.connected
    assert by_what == {
        "etcd": [f"198.51.100.{n}:{p}" for n in (21, 22, 23) for p in (2379, 2380)],
        "kubelet": ["198.51.100.21:10250", "198.51.100.31:10250"],
        "balancer": ["198.51.100.11:8404"],
    }
    control = {one.target for one in found if one.control}
    assert control == {"198.51.100.21:2379", "198.51.100.11:8404"}
    assert "p_uid_a=$(pid uid-a)" in played.scripts["worker-1"]


def test_a_pod_that_no_policy_holds_back_is_taken(tmp_path: Path) -> None:
    free = running("free", "cp-1")
    free["metadata"]["namespace"] = "open"
    pods = (running("held", "worker-1"), free)
    listed = Listed(pods, "1", datetime(2026, 11, 20, tzinfo=UTC))

    def sources(guarded: set[str]) -> set[str]:
        played: Any = Played(tmp_path, {})
        found = from_pods.look(played, listed, (), NotAvailable("x"), guarded=guarded)
        assert isinstance(found, tuple)
        return {one.source for one in found}

    assert sources({"shop"}) == {"cp-1"}
    assert sources({"shop", "open"}) == {"worker-1"}


def test_what_policies_forbid_is_tried_too(tmp_path: Path) -> None:
    one = Forbidden("shop/a", "worker-1", "shop/b", "cp-1", "10.0.0.9", 8080, ("NetworkPolicy x",))
    found = look(
        Played(tmp_path, {("10.0.0.9", 8080): True}), running("a", "worker-1"), forbidden=(one,)
    )
    (policy,) = [one for one in found if one.what == "policy"]
    assert (policy.source, policy.target, policy.control) == ("shop/a", "10.0.0.9:8080", True)
    assert policy.because == ("NetworkPolicy x",)


def test_no_pod_and_no_node_to_try_it_from(tmp_path: Path) -> None:
    assert look(Played(tmp_path, {})) == ()
    assert look(Played(tmp_path, {}), running("a", "stranger")) == ()
    silent = look(Cluster(inventory_of(tmp_path)), running("nobody", "worker-1"))
    assert silent == NotAvailable("no Pod's network could be entered")


def test_pages_that_are_for_the_machine_alone() -> None:
    one = balancer("lb-1")
    config = parse_haproxy("frontend s\n bind 127.0.0.1:8404\n mode http\n stats enable\n")
    assert isinstance(one.config, HaproxyConfig)
    assert (one.config.pages, config.pages) == ((8404,), ())
    metrics = "http-request use-service prometheus-exporter if { path /metrics }"
    text = f"frontend m\n bind *:9101\n mode http\n {metrics}\n"
    assert parse_haproxy(text).pages == (9101,)


def test_members_are_tried_on_their_own_ports(tmp_path: Path) -> None:
    clients, peers = ("https://cp-1.test:12379", "https://x:y"), ("https://x:12380",)
    member = EtcdMember(id="1", name="a", node="cp-1", client_urls=clients, peer_urls=peers)
    etcd = EtcdFacts(asked="cp-1", cluster_id="1", members=(member,), statuses=())
    listed = Listed((running("a", "worker-1"),), "1", datetime(2026, 11, 20, tzinfo=UTC))
    played: Any = Played(tmp_path, {})
    found = from_pods.look(played, listed, (), NotAvailable("x"), etcd=etcd)
    assert isinstance(found, tuple)
    assert [one.target for one in found if one.what == "etcd"][:4] == [
        *("198.51.100.21:12379", "198.51.100.21:12380"),
        *("198.51.100.22:2379", "198.51.100.22:2380"),
    ]
