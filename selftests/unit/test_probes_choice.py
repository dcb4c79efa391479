"""What probes can ask in a cluster, what they leave there, and why some are left out."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster.access import ApiAccess as ServerAccess
from chaos.cluster.cluster import Cluster
from chaos.cluster.kube import Kube
from chaos.cluster.node import Node
from chaos.cluster.unreachable import NodeError, NodeUnreachable, Reason
from chaos.errors import HoldfastError
from chaos.probes import finding, namespace, reaching
from chaos.probes.access import ApiAccess
from chaos.probes.choice import Choice
from chaos.probes.finding import ClusterDns, Image, NodePort
from chaos.probes.remote import loop
from selftests.unit.cluster_support import INVENTORY, api, ca, client, inventory_of, served


def _access(port: int) -> ServerAccess:
    pair = client()
    return ServerAccess(
        server=f"https://127.0.0.1:{port}",
        ca=ca().certificate,
        certificate=pair.certificate,
        key=pair.key,
    )


@contextmanager
def asked(folder: Path, answers: Mapping[str, Any]) -> Iterator[Kube]:
    """An API that answers by the path, without its query; what is not there is 404."""

    def answer(_: str, path: str) -> tuple[int, Any]:
        found = answers.get(path.partition("?")[0])
        return (404, {"message": "not found"}) if found is None else (200, found)

    with api(answer, pair=served(), folder=folder) as port:
        yield Kube(_access(port))


def items(*found: Any) -> dict[str, Any]:
    return {"items": list(found)}


SERVICES = "/api/v1/namespaces/kube-system/services"
CONFIG = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config"
PODS = "/api/v1/namespaces/kube-system/pods"
DNS = {"spec": {"clusterIP": "198.19.0.10", "selector": {"k8s-app": "kube-dns"}}}


@pytest.mark.parametrize(
    ("config", "domain"),
    [
        (None, "cluster.local"),
        ({"data": {"ClusterConfiguration": "networking:\n  dnsDomain: c.test\n"}}, "c.test"),
        ({"data": {"ClusterConfiguration": "networking: {}\n"}}, "cluster.local"),
    ],
)
def test_the_clusters_dns_is_found(tmp_path: Path, config: Any, domain: str) -> None:
    with asked(tmp_path, {SERVICES: items(DNS), CONFIG: config}) as kube:
        wanted = ClusterDns("198.19.0.10", domain, "k8s-app=kube-dns")
        assert finding.cluster_dns(kube) == wanted


@pytest.mark.parametrize(
    "spec", [{"clusterIP": "None", "selector": {"a": "b"}}, {"clusterIP": "1"}]
)
def test_a_cluster_without_the_usual_dns_says_so(tmp_path: Path, spec: Any) -> None:
    with (
        asked(tmp_path, {SERVICES: items({"spec": spec})}) as kube,
        pytest.raises(HoldfastError, match="no Service of the cluster's DNS"),
    ):
        finding.cluster_dns(kube)


def test_the_nodes_with_a_running_pod_are_found(tmp_path: Path) -> None:
    def pod(node: str, phase: str) -> Any:
        return {"spec": {"nodeName": node}, "status": {"phase": phase}}

    pods = items(pod("w-1", "Running"), pod("w-2", "Pending"), pod("w-1", "Running"))
    with asked(tmp_path, {PODS: pods}) as kube:
        assert finding.nodes_with(kube, "a=b") == {"w-1"}


def service(space: str, service: str, *, policy: str = "Cluster", **port: Any) -> Any:
    spec = {"externalTrafficPolicy": policy, "ports": [{"protocol": "TCP", **port}]}
    return {"metadata": {"namespace": space, "name": service}, "spec": spec}


def test_the_service_of_a_critical_namespace_comes_first(tmp_path: Path) -> None:
    found = items(
        service("a", "web", nodePort=30001, name="https"),
        service("shop", "db", nodePort=30002, name="postgres"),
        service("shop", "web", nodePort=30003, name="http"),
        service("bank", "web", nodePort=30004, appProtocol="HTTP"),
    )
    with asked(tmp_path, {"/api/v1/services": found}) as kube:
        assert finding.node_port(kube, ["bank", "shop"]) == NodePort("bank", "web", 30004, True)
        assert finding.node_port(kube, ["shop"]) == NodePort("shop", "db", 30002, False)
        assert finding.node_port(kube, []) == NodePort("a", "web", 30001, False)


def test_a_port_that_not_every_node_has_is_no_node_port(tmp_path: Path) -> None:
    found = items(
        service("a", "local", policy="Local", nodePort=30001),
        service("a", "inside", port=80),
        service("a", "dns", nodePort=30002, protocol="UDP"),
    )
    with (
        asked(tmp_path, {"/api/v1/services": found}) as kube,
        pytest.raises(HoldfastError, match="No Service has a TCP port"),
    ):
        finding.node_port(kube, [])


def node(*images: str, cordoned: bool = False) -> Any:
    found = [{"names": [image, f"{image.partition(':')[0]}@sha256:1"]} for image in images]
    return {"spec": {"unschedulable": cordoned}, "status": {"images": found}}


def test_the_canarys_image_is_one_that_all_nodes_have(tmp_path: Path) -> None:
    one, two, other = "r.test/pause:3.9", "r.test/pause:3.10", "r.test/web:1"
    nodes = items(node(one, two, other), node(one, other), node(two, cordoned=True))
    with asked(tmp_path, {"/api/v1/nodes": nodes}) as kube:
        assert finding.canary_image(kube) == Image(one)


def test_where_pause_is_not_told_of_kube_proxy_serves(tmp_path: Path) -> None:
    proxy = {"spec": {"containers": [{"image": "r.test/kube-proxy:1", "command": ["/bin/kp"]}]}}
    answers = {"/api/v1/nodes": items(node("r.test/web:1")), PODS: items(proxy)}
    with asked(tmp_path, answers) as kube:
        assert finding.canary_image(kube) == Image("r.test/kube-proxy:1", ("/bin/kp", "--version"))
    with (
        asked(tmp_path, {"/api/v1/nodes": items(), PODS: items()}) as kube,
        pytest.raises(HoldfastError, match="No image is known"),
    ):
        finding.canary_image(kube)


class Writes:
    """An API that notes what is changed."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[tuple[str, str]] = []

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        self.asked.append((method, path.partition("&")[0].partition("_")[0]))
        return self.status, {"message": "because", "kind": "Status", "metadata": {"uid": "u"}}


@contextmanager
def cluster_at(folder: Path, writes: Writes) -> Iterator[Cluster]:
    with api(writes.answer, pair=served(), folder=folder) as port:
        cluster = Cluster(inventory_of(folder))
        cluster.__dict__["kube"] = Kube(_access(port))
        yield cluster


@pytest.fixture
def deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's server knows no DELETE of its own."""
    import http.server

    def do_delete(self: Any) -> None:
        self.do_GET()

    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, "do_DELETE", do_delete, raising=False)


@pytest.mark.parametrize("status", [201, 409])
def test_the_namespace_is_made_unless_it_is_there(tmp_path: Path, status: int) -> None:
    writes = Writes(status)
    with cluster_at(tmp_path, writes) as cluster:
        namespace.set_up(cluster)
    assert writes.asked == [("POST", "/api/v1/namespaces")]


def test_a_namespace_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with cluster_at(tmp_path, Writes(403)) as cluster, pytest.raises(HoldfastError, match="403"):
        namespace.set_up(cluster)


@pytest.mark.usefixtures("deletes")
@pytest.mark.parametrize("status", [200, 404])
def test_what_probes_wrote_is_deleted_by_its_labels(tmp_path: Path, status: int) -> None:
    writes = Writes(status)
    with cluster_at(tmp_path, writes) as cluster:
        namespace.clean_up(cluster)
    ours = "?labelSelector=app.kubernetes.io/managed-by%3Dholdfast%2Choldfast.dev/probe"
    told = [(method, path.replace("%2F", "/")) for method, path in writes.asked]
    assert told == [
        ("DELETE", f"/apis/apps/v1/namespaces/holdfast/deployments{ours}"),
        ("DELETE", f"/apis/apps/v1/namespaces/holdfast/replicasets{ours}"),
        ("DELETE", f"/api/v1/namespaces/holdfast/pods{ours}"),
        ("DELETE", f"/api/v1/namespaces/holdfast/configmaps{ours}"),
    ]


@pytest.mark.usefixtures("deletes")
def test_what_stays_behind_is_told(tmp_path: Path) -> None:
    with cluster_at(tmp_path, Writes(403)) as cluster, pytest.raises(HoldfastError, match="403"):
        namespace.clean_up(cluster)


def machine(folder: Path, url: str) -> Node:
    text = INVENTORY.replace('"local://"', json.dumps(url))
    return Cluster(inventory_of(folder, text)).node("cp-1")


def test_a_shell_is_run_there_for_so_long_and_no_longer(tmp_path: Path) -> None:
    argv = reaching.argv(machine(tmp_path, "ssh://root@cp-1"), "echo 'it is' here; read -r n")
    assert argv[0] == "ssh"
    assert "-E" not in argv, "a file that ssh opens: its standard error may be a socket"
    assert "timeout -k 1 600 " in argv[-1]
    # As the shell there takes it apart.
    script = shlex.split(argv[-1])[2]
    done = subprocess.run(["sh", "-c", script], input="", text=True, stdout=subprocess.PIPE)
    assert done.stdout == "it is here\n"


def test_a_shell_as_another_user_goes_through_sudo(tmp_path: Path) -> None:
    argv = reaching.argv(machine(tmp_path, "ssh://cp-1?sudo=true"), ":")
    assert argv[-1].startswith("sudo ")


def test_a_text_that_no_call_can_hold_is_told(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="cp-1: a shell text of"):
        reaching.argv(machine(tmp_path, "ssh://cp-1"), "x" * 140_000)


@pytest.mark.parametrize(
    ("before", "why"), [(":", ""), ("echo 1; echo there is no curl; return 1", "there is no curl")]
)
def test_a_shell_is_tried_without_a_question(tmp_path: Path, before: str, why: str) -> None:
    script = loop("echo >&2 asked; exit 1", before=before)
    assert reaching.trouble(machine(tmp_path, "local://"), script) == why


class Tried:
    """In place of a machine that can be asked."""

    def __init__(self, answers: Mapping[str, str | NodeError]) -> None:
        self.answers = answers

    def trouble(self, node: Node, script: str) -> str:
        said = self.answers[node.name]
        if isinstance(said, NodeError):
            raise said
        return said

    def argv(self, node: Node, script: str) -> list[str]:
        return ["run", node.name, script]


def test_those_whose_shell_can_ask_are_taken_and_of_the_others_the_reason_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = NodeUnreachable("cp-3", "cp-3", Reason.REFUSED)
    tried = Tried({"cp-1": "", "cp-2": "there is no curl", "cp-3": lost})
    monkeypatch.setattr(reaching, "trouble", tried.trouble)
    monkeypatch.setattr(reaching, "argv", tried.argv)
    choice = Choice(Cluster(inventory_of(tmp_path)))
    for one in choice.cluster.nodes[:3]:
        choice.ask("vip-holder", one, "look", address="198.18.0.100")
    choice.try_shells()
    (spec,) = choice.specs
    assert (spec.name, spec.path, spec.timeout) == ("vip-holder@cp-1", "cp-1", 2.0)
    assert spec.options == {
        "node": "cp-1",
        "argv": ["run", "cp-1", "look"],
        "address": "198.18.0.100",
    }
    assert choice.left_out == {
        "vip-holder@cp-2": "there is no curl",
        "vip-holder@cp-3": lost.problem,
    }


def test_what_cannot_be_prepared_is_left_out_with_the_reason(tmp_path: Path) -> None:
    def prepare() -> None:
        raise HoldfastError("There is no namespace.", "Make one.")

    choice = Choice(Cluster(inventory_of(tmp_path)))
    with choice.unless("a", "b"):
        prepare()
    with choice.unless("c"):
        choice.add("api-read-new", ApiAccess("198.18.0.1", 6443, "no PEM"))
    assert choice.left_out == {"a": "There is no namespace.", "b": "There is no namespace."}
    assert [spec.name for spec in choice.specs] == ["api-read-new"]


def test_what_the_inventory_leaves_out_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Tried({"cp-1": ""})
    monkeypatch.setattr(reaching, "trouble", tried.trouble)
    text = INVENTORY + "probes: {leave_out: [vip-holder, api-write]}\n"
    choice = Choice(Cluster(inventory_of(tmp_path, text)))
    access = ApiAccess("198.18.0.1", 6443, "no PEM")
    for kind in ("api-read-new", "api-write"):
        choice.add(kind, access)
    choice.ask("vip-holder", choice.cluster.nodes[0], "look", address="198.18.0.100")
    choice.try_shells()
    assert [spec.name for spec in choice.specs] == ["api-read-new"]
    told = "The inventory leaves it out."
    assert choice.left_out == {"api-write": told, "vip-holder": told}
