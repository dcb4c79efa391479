"""The settings as they are read from the nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from chaos.cluster.cluster import Cluster
from chaos.cluster.facts import EtcdFacts, EtcdMember, EtcdStatus, NotAvailable
from chaos.cluster.settings import HaproxyFile, KeepalivedFile
from chaos.cluster.settings_read import read_settings
from chaos.cluster.unreachable import NodeUnreachable, Reason
from chaos.errors import HoldfastError
from selftests.unit.cluster_support import INVENTORY, fake_node, inventory_of
from selftests.unit.prediction_support import GUIDE, LAB, lab_keepalived

BALANCED = (
    f"{INVENTORY}load_balancers: {{kind: haproxy, keepalived: /etc/keepalived/keepalived.conf}}\n"
)
PROCESSES = "kube-apiserver\n--etcd-servers=https://127.0.0.1:2379\n==\netcd\n--name=cp-1\n==\n"
ETCD = EtcdFacts(
    asked="cp-1",
    cluster_id="1",
    members=tuple(
        EtcdMember(id=str(n), name=f"cp-{n}", peer_urls=(), client_urls=(), node=f"cp-{n}")
        for n in (1, 2, 3)
    ),
    statuses=tuple(
        EtcdStatus(
            endpoint="e",
            member=str(n),
            version="3.6.8",
            leader="2",
            term=2,
            index=1,
            applied=1,
            db_size=1,
            db_in_use=1,
        )
        for n in (1, 2, 3)
    ),
)


def answers(given: dict[str, str]) -> Callable[[str], tuple[int, str, str]]:
    """Answer each of several questions by a word of it."""

    def answer(script: str) -> tuple[int, str, str]:
        out = ""
        for question, mark in re.findall(r"(?s)\{ err=\$\((.*?)\}.*?(holdfast-\w+)-code", script):
            found = [text for word, text in given.items() if word in question]
            code, text = (0, found[0]) if found else (1, "")
            out += f"{text}\n{mark}-code {code}\n\n{mark}-next\n"
        return 0, out, ""

    return answer


def of(folder: Path, text: str = BALANCED, **other: Any) -> Cluster:
    inventory = inventory_of(folder, text)
    said = {
        "haproxy.cfg": GUIDE,
        "keepalived.conf": lab_keepalived(LAB.balancers[0]),
        "haproxy -v": "HAProxy version 3.0.11-1+deb13u3 2026/05/20",
        "/proc/": PROCESSES,
    }
    nodes = [fake_node(part.name, answers(said), *part.roles) for part in inventory.nodes]
    known: dict[str, Any] = {
        "inventory": inventory,
        "nodes": tuple(nodes),
        "node": lambda name: next(node for node in nodes if node.name == name),
        "with_role": lambda *roles: tuple(node for node in nodes if node.roles & set(roles)),
        "etcd_facts": lambda: ETCD,
        "holders": lambda: [node for node in nodes if node.name == "lb-2"],
        "kube": SimpleNamespace(get=lambda _path: {"gitVersion": "v1.36.2"}),
    }
    return cast(Cluster, SimpleNamespace(**known | other))


def test_everything_is_read_in_one_call_to_each_node(tmp_path: Path) -> None:
    cluster = of(tmp_path)
    known = read_settings(cluster)
    assert known.holder == "lb-2"
    assert known.leader == "cp-2"
    assert known.members == 3
    assert known.kubernetes == "v1.36.2"
    assert known.port == 6443
    assert set(known.haproxy) == set(known.keepalived) == {"lb-1", "lb-2"}
    file = known.haproxy["lb-1"]
    assert isinstance(file, HaproxyFile)
    assert (file.version, file.path) == ("3.0.11", "/etc/haproxy/haproxy.cfg")
    assert file.config.backends[0].servers[0].name == "cp-1"
    assert isinstance(known.keepalived["lb-1"], KeepalivedFile)
    assert known.flags("etcd")["cp-3"] == {"name": "cp-1"}
    assert len(known.flags("kube-apiserver")) == 3
    calls = {node.name: len(node.host.commands) for node in cluster.nodes}
    assert calls == dict.fromkeys(["cp-1", "cp-2", "cp-3", "lb-1", "lb-2"], 1) | {"worker-1": 0}


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    def gone(_script: str) -> tuple[int, str, str]:
        raise NodeUnreachable("lb-1", "lb-1", Reason.REFUSED, "Connection refused")

    def fails(*_: object) -> Any:
        raise HoldfastError("It cannot be asked.")

    cluster = of(tmp_path, etcd_facts=fails, holders=list, kube=SimpleNamespace(get=fails))
    cluster.node("lb-1").host.answer = gone
    cluster.node("cp-1").host.answer = lambda _script: (0, "nonsense", "")
    known = read_settings(cluster)
    assert isinstance(known.haproxy["lb-1"], NotAvailable)
    assert isinstance(known.keepalived["lb-1"], NotAvailable)
    assert isinstance(known.haproxy["lb-2"], HaproxyFile)
    assert isinstance(known.components["cp-1"], NotAvailable)
    assert known.leader == known.members == known.kubernetes == NotAvailable("It cannot be asked")
    assert known.holder == NotAvailable("the address is held by nobody")
    assert set(known.flags("etcd")) == {"cp-2", "cp-3"}


def test_nothing_is_asked_of_balancers_of_another_kind(tmp_path: Path) -> None:
    cluster = of(tmp_path, f"{INVENTORY}load_balancers: {{kind: other}}\n")
    known = read_settings(cluster)
    assert known.haproxy == known.keepalived == {}
    assert cluster.node("lb-1").host.commands == []


def test_the_inventory_without_balancers(tmp_path: Path) -> None:
    known = read_settings(of(tmp_path, INVENTORY))
    assert known.haproxy == known.keepalived == {}
    assert isinstance(known.addresses, dict)
