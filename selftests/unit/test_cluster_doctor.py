"""The doctor: what can be reached, and what each gap leaves uncovered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from chaos.cluster.cluster import Cluster
from chaos.cluster.doctor import Finding, Health, api, examine, nodes, vantage
from chaos.cluster.doctor import examine as examining
from chaos.cluster.doctor.examine import declared
from chaos.cluster.doctor.rights import RIGHTS
from chaos.cluster.doctor.vantage import Way
from chaos.cluster.inventory_parts import NodePart
from chaos.cluster.shell import Said
from chaos.probes.namespace import NAMESPACE
from cli.main import app
from selftests.unit import cluster_support as support
from selftests.unit.cluster_support import INVENTORY, Answer, inventory_of
from selftests.unit.test_cluster_kubeconfig import content

LOCAL = INVENTORY.replace("198.51.100.", "127.0.9.")


def texts(findings: list[Finding], health: Health) -> list[str]:
    return [f"{f.subject}: {f.said}" for f in findings if f.health is health]


# where the runner stands


def ways(folder: Path, **of: Way | None) -> tuple[tuple[NodePart, ...], dict[str, Way | None]]:
    """Through one gateway to all nodes, but for those named here (`_` for `-`)."""
    parts = inventory_of(folder).nodes
    named = {name.replace("_", "-"): way for name, way in of.items()}
    return parts, {n.name: named.get(n.name, Way("eth0", "10.0.0.1")) for n in parts}


def test_one_way_to_all_is_told(tmp_path: Path) -> None:
    (found,) = vantage.judge(*ways(tmp_path))
    assert found.health is Health.OK
    assert "one way to all nodes, through eth0 and 10.0.0.1" in found.said


def test_several_ways(tmp_path: Path) -> None:
    (found,) = vantage.judge(*ways(tmp_path, cp_1=Way("eth1", "10.1.0.1")))
    assert found == Finding("this machine", Health.OK, "It reaches the nodes over 2 ways.")


def test_it_is_one_of_the_nodes(tmp_path: Path) -> None:
    found = vantage.judge(*ways(tmp_path, worker_1=Way("lo", None, local=True)))
    assert texts(found, Health.GAP) == ["this machine: It is worker-1 itself."]
    assert "faults on worker-1 and on zone a" in found[0].uncovered


def test_it_stands_in_a_zone(tmp_path: Path) -> None:
    near = Way("eth0", None)
    found = vantage.judge(*ways(tmp_path, cp_1=near, worker_1=near, lb_1=near))
    assert texts(found, Health.GAP) == ["this machine: It is on the network of zone a."]
    # Zone b is not ours: one of its two nodes is behind a gateway.
    found = vantage.judge(*ways(tmp_path, cp_2=near))
    assert texts(found, Health.GAP) == []


def test_a_flat_network_tells_no_zone(tmp_path: Path) -> None:
    parts, _ = ways(tmp_path)
    found = vantage.judge(parts, {n.name: Way("eth0", None) for n in parts})
    assert texts(found, Health.GAP) == []


def test_it_has_no_route(tmp_path: Path) -> None:
    found = vantage.judge(*ways(tmp_path, cp_1=None, cp_2=None))
    assert texts(found, Health.BROKEN) == ["this machine: It has no route to cp-1, cp-2."]


def test_it_is_a_pod(tmp_path: Path) -> None:
    assert "It is a Pod." in [f.said for f in vantage.judge(*ways(tmp_path), in_pod=True)]


ROUTES = {
    '[{"dst":"1.2.3.4","gateway":"10.0.0.1","dev":"eth0","prefsrc":"10.0.0.2"}]': Way(
        "eth0", "10.0.0.1"
    ),
    '[{"dst":"1.2.3.4","dev":"eth0","prefsrc":"1.2.3.1"}]': Way("eth0", None),
    '[{"type":"local","dst":"1.2.3.4","dev":"lo"}]': Way("lo", None, local=True),
    "[]": None,
    "": None,
}


@pytest.mark.parametrize("said", ROUTES)
def test_what_ip_says_of_a_route(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ip").write_text(f"#!/bin/sh\necho '{said}'\n")
    (tmp_path / "ip").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    parts = inventory_of(tmp_path).nodes[:1]
    assert vantage.ways_to(parts) == {"cp-1": ROUTES[said]}


def test_without_ip_it_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = vantage.look(inventory_of(tmp_path).nodes)
    assert (found.health, found.said) == (Health.GAP, "There is no ip here.")


# the API


class Api:
    """What the API answers; rights that are denied, by resource."""

    def __init__(self) -> None:
        self.uid = "1-2-3"
        self.denied: set[str] = set()
        self.bodies: list[Any] = []

    def answer(self, method: str, path: str) -> Answer:
        if path == "/version":
            return 200, {"gitVersion": "v1.36.2"}
        if path == "/api/v1/namespaces/kube-system":
            return 200, {"metadata": {"uid": self.uid}}
        if path.endswith("selfsubjectaccessreviews"):
            return 201, {"status": {"allowed": "all" not in self.denied}}
        return 404, {}


@pytest.fixture
def played() -> Api:
    return Api()


@pytest.fixture
def cluster(played: Api, tmp_path: Path) -> Iterator[Cluster]:
    with support.api(played.answer, pair=support.served(), folder=tmp_path) as port:
        what = content()
        what["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        YAML().dump(what, tmp_path / "kubeconfig")
        yield Cluster(inventory_of(tmp_path, LOCAL))


def test_an_api_in_order(cluster: Cluster) -> None:
    said = texts(api.look(cluster), Health.OK)
    assert said[0].endswith("answers: Kubernetes v1.36.2.")
    assert said[1:] == [
        "the API: It is the cluster of the inventory.",
        f"the API: We have all {len(RIGHTS)} rights needed.",
    ]


def test_another_cluster(cluster: Cluster, played: Api, tmp_path: Path) -> None:
    played.uid = "9-9-9"
    assert texts(api.look(cluster), Health.BROKEN) == [
        "the API: It is another cluster: its UID is 9-9-9, "
        f"and {tmp_path}/cluster.yaml:4:3 says 1-2-3."
    ]


def test_rights_that_are_missing(cluster: Cluster, played: Api) -> None:
    played.denied = {"all"}
    found = api.look(cluster)
    broken, gaps = texts(found, Health.BROKEN), texts(found, Health.GAP)
    assert "the API: We may not list nodes." in broken
    assert "the API: We may not list leases.coordination.k8s.io in kube-system." in broken
    # What only probes and chaos need is no obstacle to looking.
    assert "the API: We may not create leases.coordination.k8s.io in kube-system." in gaps
    assert "the API: We may not watch nodes." in gaps
    assert "the API: We may not get /metrics." in gaps
    assert all(f.uncovered for f in found if f.health is not Health.OK)


@pytest.mark.parametrize(
    ("verb", "what", "lost"),
    [
        ("patch", "configmaps in holdfast", "probes that write"),
        ("update", "configmaps in holdfast", "histories"),
        ("create", "deployments.apps in holdfast", "the scheduling canary"),
        ("delete", "deployments.apps in holdfast", "the scheduling canary"),
        ("watch", "pods in holdfast", "the scheduling canary"),
        ("deletecollection", "pods in holdfast", "what probes wrote stays"),
        ("watch", "nodes", "when nodes go"),
        ("get", "namespaces in default", "every probe that reads"),
        ("get", "nodes/proxy", "whether each apiserver reaches each kubelet"),
    ],
)
def test_what_probes_do_is_asked_for(verb: str, what: str, lost: str) -> None:
    (right,) = [one for one in RIGHTS if str(one) == f"{verb} {what}"]
    assert lost in right.lost
    assert not right.needed


def test_what_both_need_is_asked_for_once() -> None:
    (right,) = [one for one in RIGHTS if str(one) == "list services"]
    assert right.needed
    assert "the cluster's DNS" in right.lost


def test_how_a_right_is_asked_for() -> None:
    asked = {str(one): one.asked() for one in RIGHTS}
    assert len(asked) == len(RIGHTS)
    assert asked["create deployments.apps in holdfast"]["resourceAttributes"] == {
        "verb": "create",
        "group": "apps",
        "resource": "deployments",
        "namespace": NAMESPACE,
    }
    assert asked["watch nodes"]["resourceAttributes"] == {
        "verb": "watch",
        "group": "",
        "resource": "nodes",
    }
    assert asked["get nodes/proxy"]["resourceAttributes"] == {
        "verb": "get",
        "group": "",
        "resource": "nodes",
        "subresource": "proxy",
    }
    assert asked["get /metrics"] == {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}


def test_apiservers_that_cannot_be_reached_past_the_balancer(cluster: Cluster) -> None:
    gaps = texts(api.look(cluster), Health.GAP)
    assert gaps == [
        f"node {name}: Its apiserver, port 6443: it refuses connections: "
        "the machine is up, and nothing listens there."
        for name in ("cp-1", "cp-2", "cp-3")
    ]


def test_an_api_that_cannot_be_asked(tmp_path: Path) -> None:
    (found,) = api.look(Cluster(inventory_of(tmp_path, LOCAL)))
    assert found.health is Health.BROKEN
    assert found.said.startswith("There is no kubeconfig")


def test_refused_and_silent_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert api.knock("127.0.0.1", port).startswith("it refuses connections")
        server.listen()
        assert api.knock("127.0.0.1", port) == ""

    def silent(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    assert "no answer within 3 s: it is off, cut off, or a firewall" in api.knock("x", 1)

    def lost(*_: object, **__: object) -> None:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(socket, "create_connection", lost)
    assert api.knock("x", 1) == "no route to host"


# the nodes


def of_node(cluster: Cluster, name: str, tools: str, user: str = "0") -> list[Finding]:
    said = {"user": Said(0, f"{user}\n"), "tools": Said(0, tools.replace(" ", "\n"))}
    return nodes._of_node(cluster, cluster.node(name), said)


ALL = "timeout systemd-run flock nft etcdutl etcdctl curl ip socat"


@pytest.fixture
def quiet(tmp_path: Path) -> Cluster:
    return Cluster(inventory_of(tmp_path, LOCAL + "load_balancers: {}\n"))


@pytest.mark.parametrize("name", ["cp-1", "worker-1", "lb-1"])
def test_a_node_in_order(name: str, quiet: Cluster) -> None:
    (found,) = of_node(quiet, name, ALL)
    assert (found.health, found.said) == (
        Health.OK,
        f"{quiet.node(name).address} answers, as root.",
    )


def test_not_root(quiet: Cluster) -> None:
    found = of_node(quiet, "cp-1", ALL, user="1000")
    assert texts(found, Health.BROKEN) == [
        "node cp-1: 127.0.9.21 answers, and we are user 1000 there."
    ]


@pytest.mark.parametrize(
    ("name", "missing", "lost"),
    [
        ("worker-1", "systemd-run", "no dead man"),
        ("worker-1", "nft", "partitions"),
        ("cp-1", "etcdutl", "whether a backup on it can be read"),
        ("cp-1", "etcdctl", "its view of etcd"),
        ("cp-1", "curl", "whether its apiserver is ready"),
        ("lb-1", "ip", "whether it holds the endpoint's address"),
        ("lb-1", "socat", "how HAProxy sees its servers now"),
    ],
)
def test_programs_that_are_missing(name: str, missing: str, lost: str, quiet: Cluster) -> None:
    found = of_node(quiet, name, " ".join(t for t in ALL.split() if t != missing))
    (gap,) = [f for f in found if f.health is Health.GAP]
    assert lost in gap.uncovered
    assert missing in f"{gap.said} {gap.remedy}"


@pytest.mark.parametrize(("instead", "of"), [("crictl", "etcdctl"), ("python3", "socat")])
def test_what_does_as_well(instead: str, of: str, quiet: Cluster) -> None:
    tools = ALL.replace(of, instead)
    for name in ("cp-1", "lb-1"):
        assert texts(of_node(quiet, name, tools), Health.GAP) == []


def test_all_nodes_are_asked(tmp_path: Path) -> None:
    gone = LOCAL.replace('"local://"', '"ssh://gone?ssh_config=/nowhere"', 1)
    found = nodes.look(Cluster(inventory_of(tmp_path, gone)))
    (broken,) = [f for f in found if f.health is Health.BROKEN and f.subject == "node cp-1"]
    assert "the SSH configuration cannot be used" in broken.said
    assert "its components' flags" in broken.uncovered
    assert broken.remedy
    assert {f.subject for f in found} == {f"node {n}" for n in ("cp-1", "cp-2", "cp-3")} | {
        "node worker-1",
        "node lb-1",
        "node lb-2",
    }


# the inventory


def test_what_the_inventory_leaves_out(tmp_path: Path) -> None:
    found = declared(inventory_of(tmp_path))
    assert [f.said.rpartition("has ")[2] for f in found] == [
        "no section load_balancers.",
        "no section backups.",
        "no chaos.allowed.",
        "no section power.",
        "no section cable.",
    ]
    assert all(f.health is Health.GAP and f.uncovered for f in found)


FULL = """\
load_balancers: {}
backups: {folder: /b}
chaos: {allowed: [all]}
power: {cut: "a {node}", on: "b {node}"}
cable: {cut: "a {target}", join: "b {target}"}
"""


def test_an_inventory_that_leaves_nothing_out(tmp_path: Path) -> None:
    assert declared(inventory_of(tmp_path, INVENTORY + FULL)) == []


def test_an_inventory_that_leaves_most_out(tmp_path: Path) -> None:
    text = INVENTORY.replace("etcd: {topology: stacked}", "").replace(", etcd]", "]")
    text = text.replace("load-balancer", "worker").replace("  address: 198.51.100.100\n", "")
    for zone in "abc":
        text = text.replace(f"zone: {zone}, ", "")
    said = " ".join(f.said for f in declared(inventory_of(tmp_path, text)))
    for what in ("section etcd", "role load-balancer", "endpoint.address", "two zones"):
        assert what in said


# all of it, by the command


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["doctor", *words], env={"COLUMNS": "200"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    findings = [Finding("node cp-1", Health.OK, "It answers.")]
    monkeypatch.setattr("chaos.cluster.doctor.examine", lambda _: findings)
    return findings


def test_it_ends_with_0_if_gaps_are_all_there_is(found: list[Finding], tmp_path: Path) -> None:
    found.append(Finding("etcd", Health.GAP, "No etcdutl.", "backups", "Install it."))
    (tmp_path / "kubeconfig").touch()
    inventory_of(tmp_path)
    code, out = run(str(tmp_path / "cluster.yaml"))
    assert code == 0
    assert "No etcdutl. Install it." in out
    assert "Not covered: backups." in out
    assert "0 broken, 1 gaps, of 2 looked at" in out


def test_it_ends_with_3_if_something_is_broken(found: list[Finding], tmp_path: Path) -> None:
    found.append(Finding("node cp-2", Health.BROKEN, "It is silent [really].", "all of it"))
    (tmp_path / "kubeconfig").touch()
    inventory_of(tmp_path)
    code, out = run(str(tmp_path / "cluster.yaml"))
    assert code == 3
    assert "It is silent [really]." in out


def test_everything_is_looked_at(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = {f.subject for f in examine(cluster)}
    assert {"this machine", "the API", "etcd", "the inventory", "node cp-1"} <= subjects
    (etcd,) = [f for f in examining(cluster) if f.subject == "etcd"]
    assert etcd.health is Health.BROKEN
    assert "there is no file" in etcd.said
