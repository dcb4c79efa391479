"""`holdfast init`: an inventory by looking at a cluster."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chaos.cluster import discover
from chaos.cluster.inventory import Inventory, Role, load
from chaos.cluster.wish import Wish
from cli.main import main
from selftests.unit import cluster_support as support
from selftests.unit.cluster_support import Answer
from selftests.unit.test_cluster_kubeconfig import content

KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
clusterName: shop
controlPlaneEndpoint: api.shop.test:6443
etcd: {local: {dataDir: /var/lib/etcd}}
"""
EXTERNAL = KUBEADM.replace(
    "{local: {dataDir: /var/lib/etcd}}",
    "{external: {endpoints: ['https://198.51.100.41:2379', 'https://198.51.100.42:2379']}}",
)


def node(name: str, address: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }


CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}
ZONE = "topology.kubernetes.io/zone"


class Api:
    """A cluster's API."""

    def __init__(self) -> None:
        self.kubeadm: str | None = KUBEADM
        self.etcd_pods = True
        self.nodes = [
            node("cp-1", "198.51.100.21", **CONTROL_PLANE, **{ZONE: "a"}),
            node("worker-1", "2001:db8::31"),
        ]

    def answer(self, method: str, path: str) -> Answer:
        match path:
            case "/api/v1/nodes":
                return 200, {"items": self.nodes}
            case "/api/v1/namespaces/kube-system":
                return 200, {"metadata": {"uid": "1-2-3"}}
            case "/api/v1/namespaces/kube-system/configmaps/kubeadm-config" if self.kubeadm:
                return 200, {"data": {"ClusterConfiguration": self.kubeadm}}
            case path if path.startswith("/api/v1/namespaces/kube-system/pods?"):
                return 200, {"items": [{}] if self.etcd_pods else []}
        return 404, {"message": "not found"}


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def here(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a kubeconfig in `given`; names resolve to one address each."""
    (tmp_path / "given").mkdir()
    monkeypatch.chdir(tmp_path)

    def resolved(name: str) -> str | None:
        return None if name == "nowhere.test" else name if name[0].isdigit() else "198.51.100.100"

    monkeypatch.setattr(discover, "_resolved", resolved)
    with support.api(api.answer, pair=support.served(), folder=tmp_path) as port:
        what = content()
        what["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        YAML().dump(what, tmp_path / "given/kubeconfig")
        yield tmp_path


def init(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    argv = ["holdfast", "init", "--kubeconfig", "given/kubeconfig", *words]
    monkeypatch.setattr("sys.argv", argv)
    monkeypatch.setattr("cli.main.signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def write(here: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def written(*words: str) -> Inventory:
        assert init(*words, monkeypatch=monkeypatch) == 0
        return load(here / "cluster.yaml")

    return written


def test_what_a_cluster_tells(write: Any) -> None:
    inventory: Inventory = write()
    assert (inventory.cluster.name, inventory.cluster.uid) == ("shop", "1-2-3")
    assert inventory.endpoint.name == "api.shop.test"
    assert (inventory.endpoint.address, inventory.endpoint.port) == ("198.51.100.100", 6443)
    assert [(n.name, [*map(str, n.roles)], n.zone, n.address, n.url) for n in inventory.nodes] == [
        ("cp-1", ["control-plane", "etcd"], "a", "198.51.100.21", "ssh://root@198.51.100.21"),
        ("worker-1", ["worker"], None, "2001:db8::31", "ssh://root@[2001:db8::31]"),
    ]
    assert inventory.etcd
    assert inventory.etcd.topology == "stacked"


def test_it_guesses_on_the_careful_side(write: Any) -> None:
    inventory: Inventory = write()
    assert inventory.needs_confirmation
    assert inventory.chaos.allowed == ()


def test_it_says_what_it_could_not_see(write: Any, here: Path) -> None:
    write()
    text = (here / "cluster.yaml").read_text()
    assert "# Balancers cannot be seen from a cluster" in text
    assert "# Add the section `backups`" in text


def test_external_etcd(api: Api, write: Any) -> None:
    api.kubeadm, api.etcd_pods = EXTERNAL, False
    inventory: Inventory = write()
    assert [(n.name, n.address) for n in inventory.with_role(Role.ETCD)] == [
        ("etcd-1", "198.51.100.41"),
        ("etcd-2", "198.51.100.42"),
    ]
    assert inventory.etcd
    assert inventory.etcd.topology == "external"


@pytest.mark.parametrize("kubeadm", [None, "- no mapping", "{"])
def test_a_cluster_that_kubeadm_did_not_make(kubeadm: str | None, api: Api, write: Any) -> None:
    api.kubeadm, api.etcd_pods = kubeadm, False
    inventory: Inventory = write("--name", "eks")
    assert inventory.cluster.name == "eks"
    assert inventory.etcd is None
    assert inventory.endpoint.name == "127.0.0.1"


def test_an_endpoint_that_does_not_resolve_is_where_the_kubeconfig_goes(
    api: Api, write: Any
) -> None:
    api.kubeadm = KUBEADM.replace("api.shop.test", "nowhere.test")
    endpoint = write().endpoint
    assert (endpoint.name, endpoint.address) == ("nowhere.test", "127.0.0.1")


def test_balancers_are_named_by_the_caller(write: Any) -> None:
    inventory: Inventory = write(
        *("--load-balancer", "lb-1=198.51.100.11", "--load-balancer", "lb-2=198.51.100.12")
    )
    assert [(n.name, n.address) for n in inventory.with_role(Role.LOAD_BALANCER)] == [
        ("lb-1", "198.51.100.11"),
        ("lb-2", "198.51.100.12"),
    ]
    assert inventory.load_balancers


def test_files_are_named_relative_to_where_it_stands(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("conf", "key"):
        (here / name).touch()
    words = ("--ssh", "admin@{name}", "--ssh-config", "conf", "--identity", "key")
    more = ("--output", "clusters/mine.yaml", "--context", "admin@test")
    assert init(*words, *more, monkeypatch=monkeypatch) == 0
    inventory = load(here / "clusters/mine.yaml")
    assert inventory.cluster.kubeconfig == "../given/kubeconfig"
    assert inventory.cluster.context == "admin@test"
    assert inventory.nodes[0].url == (
        "ssh://admin@cp-1?ssh_config=../conf&ssh_identity_file=../key"
    )


def test_what_is_there_is_not_overwritten(
    here: Path, write: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "cluster.yaml").write_text("mine")
    assert init(monkeypatch=monkeypatch) == 2
    assert "cluster.yaml is there already" in capsys.readouterr().err
    assert (here / "cluster.yaml").read_text() == "mine"
    assert write("--force").cluster.uid == "1-2-3"


@pytest.mark.parametrize("ssh", ["root@", "root@{node}", "root@{address", "{address}{}", "{0}"])
def test_ssh_must_say_where(
    ssh: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--ssh", ssh, monkeypatch=monkeypatch) == 2
    assert "must say where with {address} or {name}" in capsys.readouterr().err
    assert not (here / "cluster.yaml").exists()


def test_a_balancer_needs_name_and_address(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--load-balancer", "lb-1", monkeypatch=monkeypatch) == 2
    assert '--load-balancer "lb-1" must be NAME=ADDRESS.' in capsys.readouterr().err


def test_what_goes_wrong_is_a_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "given/kubeconfig").unlink()
    assert init(monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().err == "There is no kubeconfig given/kubeconfig.\n"


def test_a_node_without_an_address(
    api: Api, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api.nodes[0]["status"] = {}
    assert init(monkeypatch=monkeypatch) == 3
    assert "The node cp-1 has no InternalIP." in capsys.readouterr().err


def test_a_url_may_be_given_whole() -> None:
    wish = Wish(Path("k"), Path("i"), "docker://{name}?sudo=true", ssh_config=Path("c"))
    assert wish.url("cp-1", "1.2.3.4") == "docker://cp-1?sudo=true&ssh_config=c"


@pytest.mark.parametrize(
    ("found", "address"),
    [(["198.51.100.1"], "198.51.100.1"), (["198.51.100.1", "198.51.100.2"], None), ([], None)],
)
def test_a_name_with_one_address_has_it(
    found: list[str], address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        if not found:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in found * 2]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert discover._resolved("api.test") == address
