"""All facts together: read once, whatever fails, and kept as JSON."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from chaos.cluster import recorded
from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import collect, components, on_nodes, served
from chaos.cluster.collect.lists import CLUSTER_INFO, PATHS
from chaos.cluster.collect.replacing import GROUP
from chaos.cluster.facts import (
    Certificate,
    Component,
    Facts,
    LeaseFacts,
    NotAvailable,
    ServedCertificate,
)
from chaos.errors import UsageError
from lab.pki import authority
from selftests.unit import cluster_support as support
from selftests.unit.cluster_support import INVENTORY, Answer, inventory_of
from selftests.unit.test_cluster_kubeconfig import content

# All on loopback: what is not played refuses.
LOCAL = (
    INVENTORY.replace("198.51.100.", "127.0.9.")
    .replace('zone: c, address: 127.0.9.23, url: "local://"', "zone: c, address: 127.0.9.23, URL")
    .replace("URL", "url: ssh://gone?ssh_config=/nowhere")
    + "load_balancers: {stats: /nowhere.sock, config: /nowhere.cfg, keepalived: /nowhere.conf}\n"
    + "backups: {folder: /nowhere/backups, off_node: [{node: worker-1, folder: /nowhere/off}]}\n"
)


class Api:
    """What a cluster's API answers, and how often each path was asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.forbidden: set[str] = set()

    def answer(self, method: str, path: str) -> Answer:
        self.asked[path] += 1
        if path in self.forbidden:
            return 403, {"message": "it is forbidden"}
        if path == "/version":
            return 200, {"gitVersion": "v1.36.2"}
        if path not in PATHS.values():
            return 404, {"message": "not found"}
        items: list[object] = []
        if path.endswith("/namespaces"):
            items = [{"metadata": {"name": "kube-system", "uid": "1-2-3"}}]
        if path.endswith("/pods"):
            command = ["kube-scheduler", "--leader-elect=true"]
            items = [
                {
                    "metadata": {
                        "name": "kube-scheduler-cp-3",
                        "namespace": "kube-system",
                        "labels": {"component": "kube-scheduler"},
                    },
                    "spec": {"nodeName": "cp-3", "containers": [{"command": command}]},
                }
            ]
        return 200, {"metadata": {"resourceVersion": "1"}, "items": items}


@contextmanager
def played(api: Api, folder: Path) -> Iterator[Cluster]:
    """A cluster whose API is on loopback."""
    with support.api(api.answer, pair=support.served(), folder=folder) as port:
        what = content()
        what["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        YAML().dump(what, folder / "kubeconfig")
        yield Cluster(inventory_of(folder, LOCAL))


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def cluster(api: Api, tmp_path: Path) -> Iterator[Cluster]:
    with played(api, tmp_path) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Facts, Api]:
    """Facts of the played cluster, and the API that was asked for them."""
    api = Api()
    with played(api, tmp_path_factory.mktemp("once")) as cluster:
        return collect(cluster), api


@pytest.fixture
def facts(once: tuple[Facts, Api]) -> Facts:
    return once[0]


def test_each_kind_is_listed_once(once: tuple[Facts, Api]) -> None:
    facts, api = once
    once_each = dict.fromkeys([*PATHS.values(), CLUSTER_INFO, GROUP, "/version"], 1)
    assert facts.requests == once_each
    # The health paths are asked over a connection of their own: they are no kind of object.
    assert api.asked == once_each | dict.fromkeys(("/livez", "/readyz"), 1)


def test_what_can_be_read_is_there(facts: Facts) -> None:
    assert (facts.uid, facts.kubernetes) == ("1-2-3", "v1.36.2")
    assert facts.declared.zones == ("a", "b", "c")
    assert facts.declared.backup_max_age == timedelta(hours=24)
    assert isinstance(facts.nodes, tuple)
    assert len(facts.nodes) == 6
    assert isinstance(facts.leases, LeaseFacts)
    assert facts.workloads == ()


def test_what_cannot_be_read_says_why_and_stops_nothing(facts: Facts) -> None:
    assert isinstance(facts.etcd, NotAvailable)
    assert "there is no file /etc/kubernetes/pki/etcd/ca.crt" in facts.etcd.reason
    assert "cp-3 (gone): the SSH configuration cannot be used" in facts.etcd.reason
    assert isinstance(facts.encryption, NotAvailable)
    assert facts.stored_certificates["cp-3"] == NotAvailable(
        "cp-3 (gone): the SSH configuration cannot be used"
    )
    assert isinstance(facts.stored_certificates["cp-1"], tuple)
    assert set(facts.stored_certificates) == {"cp-1", "cp-2", "cp-3", "worker-1"}
    assert isinstance(facts.backups, tuple)
    assert [(b.node, b.off_node) for b in facts.backups] == [
        ("cp-1", False),
        ("cp-2", False),
        ("cp-3", False),
        ("worker-1", True),
    ]
    assert facts.backups[0].files == NotAvailable("there is no folder /nowhere/backups")
    assert isinstance(facts.backups[2].files, NotAvailable)
    assert "SSH configuration" in facts.backups[2].files.reason
    assert isinstance(facts.balancers, tuple)
    for balancer in facts.balancers:
        assert isinstance(balancer.config, NotAvailable)
        assert balancer.states == NotAvailable("there is no socket /nowhere.sock")
        assert isinstance(balancer.keepalived, NotAvailable)


def test_a_node_that_is_silent_is_known_by_its_pods(facts: Facts) -> None:
    assert facts.components["cp-3"] == (
        Component(
            node="cp-3",
            name="kube-scheduler",
            flags={"leader-elect": "true"},
            source="manifest",
            unread="cp-3 (gone): the SSH configuration cannot be used",
        ),
    )
    assert set(facts.components) == {"cp-1", "cp-2", "cp-3"}


def test_every_apiserver_and_the_endpoint_are_looked_at(facts: Facts) -> None:
    assert isinstance(facts.served_certificates, tuple)
    assert [(c.what, c.node, c.address) for c in facts.served_certificates] == [
        ("apiserver", "cp-1", "127.0.9.21:6443"),
        ("apiserver", "cp-2", "127.0.9.22:6443"),
        ("apiserver", "cp-3", "127.0.9.23:6443"),
        ("endpoint", None, "127.0.9.100:6443"),
    ]
    assert facts.served_certificates[0].certificate == NotAvailable(
        "127.0.9.21:6443 refuses connections"
    )


def test_a_right_that_is_missing_leaves_only_its_own_gap(cluster: Cluster, api: Api) -> None:
    api.forbidden = {PATHS["pods"]}
    facts = collect(cluster)
    assert isinstance(facts.workloads, NotAvailable)
    assert facts.workloads.reason.startswith("The Kubernetes API forbids /api/v1/pods (403)")
    assert isinstance(facts.nodes, tuple)
    assert isinstance(facts.services, tuple)
    assert isinstance(facts.components["cp-3"], NotAvailable)


def test_without_a_kubeconfig_the_rest_is_still_read(tmp_path: Path) -> None:
    facts = collect(Cluster(inventory_of(tmp_path, LOCAL)))
    for name in ("uid", "kubernetes", "nodes", "workloads", "leases", "apiservers"):
        found = getattr(facts, name)
        assert isinstance(found, NotAvailable), name
        assert found.reason.startswith("There is no kubeconfig")
    assert isinstance(facts.backups, tuple)
    assert isinstance(facts.served_certificates, tuple)
    assert facts.requests == {}


def test_sections_that_the_inventory_lacks(tmp_path: Path) -> None:
    text = INVENTORY.replace("198.51.100.", "127.0.9.").replace("etcd: {topology: stacked}", "")
    text = text.replace(", etcd]", "]").replace("load-balancer", "worker")
    facts = collect(Cluster(inventory_of(tmp_path, text)))
    assert facts.etcd == NotAvailable("The inventory says nothing of etcd")
    assert facts.encryption == NotAvailable("The inventory says nothing of etcd")
    assert facts.backups == NotAvailable("the inventory has no section backups")
    assert isinstance(facts.balancers, NotAvailable)
    assert (facts.declared.etcd_topology, facts.declared.backup_max_age) == (None, None)


def test_one_machine_that_hangs_does_not_hold_the_others(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_nodes, "LIMIT", timedelta(seconds=1))
    monkeypatch.setattr(components, "QUESTION", "sleep 30")
    begun = time.monotonic()
    facts = collect(cluster)
    assert time.monotonic() - begun < 8
    assert facts.components["cp-1"] == NotAvailable(
        "its processes could not be read: it took too long"
    )
    assert isinstance(facts.stored_certificates["cp-1"], tuple)


# as JSON


def test_recorded_facts_are_the_same_facts(facts: Facts, tmp_path: Path) -> None:
    recorded.save(facts, tmp_path / "facts.json")
    assert recorded.load(tmp_path / "facts.json") == facts


def test_every_group_of_facts_stands_in_the_json(facts: Facts) -> None:
    written = json.loads(recorded.to_json(facts))
    assert set(written) == {field.name for field in fields(Facts)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "it is no JSON of facts"),
        ("[]", "it is no JSON of facts"),
        ("{}", "its version is None, and 1 is known here"),
        ('{"version": 2}', "its version is 2, and 1 is known here. Collect the facts anew"),
        ('{"version": 1}', "collected: Field required"),
    ],
)
def test_what_is_no_recorded_facts(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(text)
    with pytest.raises(UsageError, match=told):
        recorded.load(tmp_path / "facts.json")


def test_recorded_facts_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it cannot be read"):
        recorded.load(tmp_path / "nowhere.json")


# what a handshake shows


def look(port: int, ca: str | None) -> ServedCertificate:
    asked = served.Asked("apiserver", "cp-1", "127.0.0.1", port, "localhost")
    (found,) = served.look([asked], ca=ca)
    return found


def test_what_is_served_is_seen_whoever_signed_it(tmp_path: Path) -> None:
    with support.api(Api().answer, pair=support.served(), folder=tmp_path) as port:
        good = look(port, support.ca().certificate)
        other = look(port, authority("another").certificate)
        unasked = look(port, None)
    assert isinstance(good.certificate, Certificate)
    assert good.certificate.covers("localhost")
    assert good.certificate == other.certificate
    assert (good.trusted, other.trusted, unasked.trusted) == (True, False, None)


def test_who_signed_it_is_not_whom_it_names(tmp_path: Path) -> None:
    pair = support.served("other.test", "198.51.100.1")
    with support.api(Api().answer, pair=pair, folder=tmp_path) as port:
        found = look(port, support.ca().certificate)
    assert found.trusted is True
    assert isinstance(found.certificate, Certificate)
    assert not found.certificate.covers("localhost")


def test_no_handshake_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "LIMIT", timedelta(seconds=0.3))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        told = f"127.0.0.1:{port} does not answer within 0.3 s"
        assert look(port, support.ca().certificate).certificate == NotAvailable(told)
    assert look(port, None).certificate == NotAvailable(f"127.0.0.1:{port} refuses connections")
