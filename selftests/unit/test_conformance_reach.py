"""Kubelets, asked through each apiserver: how they are asked, and how that is judged."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chaos.cluster import facts as f
from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import kubelet_reach as collecting
from chaos.measure.verdict import Verdict
from selftests.unit import cluster_support as support
from selftests.unit.cluster_support import INVENTORY, Answer, inventory_of
from selftests.unit.conformance_changes import kubernetes
from selftests.unit.conformance_parts import node
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict
from selftests.unit.test_cluster_kubeconfig import content

ITEM = "apiservers-reach-kubelets"
WORKER = node("worker-1", 1, "worker")
DIAL = "error trying to reach service: dial tcp 198.51.100.31:10250: connect: refused"


def status(message: str) -> dict[str, Any]:
    return {"kind": "Status", "message": message}


# asking


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Asks an API that answers so, by the number of the request; and what came of it."""
    stack: list[Any] = []

    def asked(*answers: Answer, own: bool = True) -> tuple[Cluster, Any]:
        left = list(answers)

        def answer(_: str, path: str) -> Answer:
            assert path == "/api/v1/nodes/worker-1/proxy/healthz"
            return left.pop(0) if len(left) > 1 else left[0]

        playing = support.api(answer, pair=support.served(), folder=tmp_path)
        port = playing.__enter__()
        stack.append(playing)
        return look(tmp_path, port, own=own)

    yield asked
    for one in stack:
        one.__exit__(None, None, None)


def look(folder: Path, port: int, *, own: bool = True, ready: bool = True) -> tuple[Cluster, Any]:
    """Asks cp-1, or the endpoint where the inventory has no machine of an apiserver."""
    what = content()
    what["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    YAML().dump(what, folder / "kubeconfig")
    text = INVENTORY.replace("198.51.100.21", "127.0.0.1")
    if not own:
        text = text.replace("etcd: {topology: stacked}", "").replace(", etcd]", "]")
        text = text.replace("control-plane", "worker")
    cluster = Cluster(inventory_of(folder, text))
    code = 200 if ready else 500
    well = (f.HealthAnswer(node="cp-1", address="x", path="/readyz", code=code),)
    return cluster, collecting.look(cluster, {"cp-1": str(port)}, (WORKER,), well)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ((200, "ok"), ("kubelet", 200, "ok")),
        ((401, "Unauthorized"), ("kubelet", 401, "Unauthorized")),
        ((403, status("may not")), ("apiserver", 403, "may not")),
        ((503, status(DIAL)), ("apiserver", 503, DIAL)),
        ((502, "<html>\n bad gateway"), ("apiserver", 502, "<html> bad gateway")),
        ((500, "not well"), ("kubelet", 500, "not well")),
        ((500, {"kind": "Status"}), ("apiserver", 500, "it does not say why")),
    ],
)
def test_who_answered_is_told(play: Any, answer: Answer, seen: tuple[str, int, str]) -> None:
    cluster, (one,) = play(answer)
    assert (one.apiserver, one.node) == ("cp-1", "worker-1")
    assert (one.by, one.code, one.said) == seen
    again = 2 if answer[0] >= 500 else 1
    assert cluster.kube.asked == {"/api/v1/nodes/worker-1/proxy/healthz": again}


def test_what_went_wrong_for_a_moment_is_no_matter(play: Any) -> None:
    _, (one,) = play((503, status(DIAL)), (200, "ok"))
    assert (one.by, one.code) == ("kubelet", 200)


def test_without_a_machine_of_an_apiserver_the_endpoint_is_asked(play: Any) -> None:
    _, (one,) = play((200, "ok"), own=False)
    assert (one.apiserver, one.by) == (None, "kubelet")


def test_one_that_is_silent_and_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "WITHIN", timedelta(seconds=0.1))
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        _, (one,) = look(tmp_path, port)
        assert (one.by, one.code, one.said) == ("", None, "no answer within 0.1 s")
        assert look(tmp_path, port, ready=False)[1] == ()
    _, (one,) = look(tmp_path, port)
    assert (one.by, one.code) == ("nobody", None)
    assert "refuses connections" in one.said


def test_of_very_many_nodes_some_from_all_over_are_asked_for() -> None:
    names = [f"n-{n:03}" for n in range(200)]
    assert collecting.spread(names) == names[::4]
    assert collecting.spread(names[:50]) == names[:50]


# judging


def answered(number: int, **changes: Any) -> f.Facts:
    """With one answer being otherwise: 0 to 5 are cp-1's, 9 is cp-2's of worker-1."""
    return replace(good(), kubelet_reach=at(known(good().kubelet_reach), number, **changes))


def grown(asked: int) -> f.Facts:
    """With 120 workers more; each apiserver was asked for so many."""
    every = [replace(WORKER, name=f"n-{n}") for n in range(120)]
    reach = [
        f.KubeletReach(apiserver=f"cp-{n}", node=one.name, by="kubelet", code=200)
        for n in (1, 2, 3)
        for one in every[:asked]
    ]
    return replace(good(), nodes=(*known(good().nodes), *every), kubelet_reach=tuple(reach))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"by": "apiserver", "code": 503, "said": DIAL},
            f"the apiserver of cp-2 does not reach the kubelet of worker-1 (503: {DIAL})",
        ),
        (
            {"by": "", "code": None, "said": "no answer within 5 s"},
            "the apiserver of cp-2 does not reach the kubelet of worker-1 (no answer within 5 s)",
        ),
        (
            {"code": 401, "said": "Unauthorized"},
            "the apiserver of cp-2 is refused by the kubelet of worker-1 (401: Unauthorized)",
        ),
        (
            {"code": 500, "said": "Authorization error (user=x)"},
            "the apiserver of cp-2 is refused by the kubelet of worker-1 (500: Authorization",
        ),
    ],
)
def test_one_that_does_not_get_there_is_named(changes: dict[str, Any], said: str) -> None:
    facts = answered(9, **changes)
    assert verdict(ITEM, facts) is Verdict.FAIL
    assert said in told(ITEM, facts)
    assert "the apiserver of cp-1 is answered by the kubelets of 6 of 6 Ready" in told(ITEM, facts)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            answered(9, by="apiserver", code=403, said="may not"),
            "whether the apiserver of cp-2 reaches the kubelet of worker-1: 403: may not",
        ),
        (answered(9, by="apiserver", code=500, said="etcdserver: request timed out"), "500: etcd"),
        (answered(9, by="nobody", code=None, said="it is gone"), "worker-1: it is gone"),
        (replace(good(), kubelet_reach=SILENT), "did not answer"),
        (replace(good(), kubelet_reach=f.UNREAD), "nobody looked at it"),
        (replace(good(), nodes=SILENT), "did not answer"),
        (
            replace(good(), kubelet_reach=known(good().kubelet_reach)[:12]),
            "whether the apiserver of cp-3 reaches kubelets: it was not asked",
        ),
        (
            replace(good(), kubelet_reach=known(good().kubelet_reach)[:-1]),
            "whether the apiserver of cp-3 reaches the kubelet of worker-3: nobody asked",
        ),
        (grown(49), "n-104 and 69 more: nobody asked"),
    ],
)
def test_what_cannot_be_told_is_not_covered(facts: f.Facts, said: str) -> None:
    assert verdict(ITEM, facts) is Verdict.NOT_COVERED
    assert said in told(ITEM, facts)


def test_an_unwell_kubelet_is_reached_and_one_that_is_not_ready_is_not_asked_for() -> None:
    assert verdict(ITEM, answered(9, code=500, said="not well")) is Verdict.PASS
    facts = kubernetes(3, ready=False)(answered(9, by="", code=None))
    assert "5 of 5 Ready nodes" in told(ITEM, facts)


def test_how_many_of_how_many_is_told() -> None:
    assert verdict(ITEM, grown(50)) is Verdict.PASS
    assert "answered by the kubelets of 50 of 126 Ready nodes" in told(ITEM, grown(50))


def test_that_the_endpoint_chose_is_told() -> None:
    workers = tuple(n for n in known(good().nodes) if n.name.startswith("worker"))
    reach = tuple(replace(r, apiserver=None) for r in known(good().kubelet_reach)[3:6])
    facts = replace(good(), nodes=workers, kubelet_reach=reach)
    assert verdict(ITEM, facts) is Verdict.PASS
    assert "the endpoint chose which one was asked" in told(ITEM, facts)
