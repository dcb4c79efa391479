"""The Kubernetes API, played by a server on loopback: what goes wrong is told apart."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from kubernetes.client import CoreV1Api

from chaos.cluster import kube as kubes
from chaos.cluster.access import ApiAccess
from chaos.cluster.kube import Kube
from chaos.cluster.kube_errors import ApiError, Trouble
from lab.pki import Pair, authority
from selftests.unit.cluster_support import Answer, api, ca, client, served

NODES = {
    "kind": "NodeList",
    "metadata": {"resourceVersion": "42"},
    "items": [{"metadata": {"name": "cp-1"}}, {"metadata": {"name": "cp-2"}}],
}


def answer(method: str, path: str) -> Answer:
    match method, path:
        case "GET", "/api/v1/nodes":
            return 200, NODES
        case "GET", "/api/v1/namespaces/kube-system":
            return 200, {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "1-2"}}
        case "GET", "/readyz":
            return 200, "ok"
        case "POST", "/reviews":
            return 201, {"status": {"allowed": True}}
        case _, "/html":
            return 200, "<html>a proxy</html>"
        case _, status if status.strip("/").isdigit():
            return int(status.strip("/")), {"kind": "Status", "message": "so it is"}
    return 404, {"kind": "Status", "message": "there is no such thing"}


def access(port: int) -> ApiAccess:
    return ApiAccess(
        server=f"https://127.0.0.1:{port}",
        ca=ca().certificate,
        certificate=client().certificate,
        key=client().key,
        source="kubeconfig",
    )


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with api(answer, pair=served(), folder=tmp_path) as port:
        yield port


def trouble(asked: ApiAccess, path: str = "/api/v1/nodes") -> ApiError:
    with pytest.raises(ApiError) as caught:
        Kube(asked).get(path)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    return caught.value


def test_lists_are_raw_and_counted(port: int) -> None:
    kube = Kube(access(port))
    listed = kube.list("/api/v1/nodes")
    assert [n["metadata"]["name"] for n in listed.items] == ["cp-1", "cp-2"]
    assert listed.version == "42"
    assert listed.at.tzinfo
    assert kube.asked == {"/api/v1/nodes": 1}


def test_other_ways_to_ask(port: int) -> None:
    kube = Kube(access(port))
    assert kube.text("/readyz") == "ok"
    assert kube.create("/reviews", {"spec": {}}) == {"status": {"allowed": True}}
    assert kube.asked == {"/readyz": 1, "/reviews": 1}


def test_many_at_once_are_in_order(port: int) -> None:
    kube = Kube(access(port))
    threads = [threading.Thread(target=kube.get, args=("/api/v1/nodes",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert kube.asked["/api/v1/nodes"] == 20


def test_the_kubernetes_client_goes_the_same_way(port: int) -> None:
    found = CoreV1Api(Kube(access(port)).client()).read_namespace("kube-system")
    assert found.metadata
    assert found.metadata.uid == "1-2"


STATUSES = {
    401: (Trouble.UNAUTHORIZED, "does not know who we are (401): kubeconfig. Its certificate"),
    403: (Trouble.FORBIDDEN, "forbids /403 (403): so it is. Give the kubeconfig's user"),
    404: (Trouble.NOT_FOUND, "/404: so it is (404)."),
    409: (Trouble.CONFLICT, "/409: so it is (409)."),
    503: (Trouble.SERVER, "answers /503 with 503: so it is. See the apiserver's log."),
    429: (Trouble.OTHER, "answers /429 with 429"),
}


@pytest.mark.parametrize("status", STATUSES)
def test_answers_that_are_errors(status: int, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubes, "PAUSE", timedelta())
    reason, told = STATUSES[status]
    wrong = trouble(access(port), f"/{status}")
    assert wrong.trouble is reason
    assert told in str(wrong)


def test_an_apiserver_that_is_busy_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubes, "PAUSE", timedelta())
    asked: list[str] = []

    def busy_twice(method: str, path: str) -> Answer:
        asked.append(path)
        return (200, NODES) if len(asked) == 3 else (429, {"message": "storage is initializing"})

    with api(busy_twice, pair=served(), folder=tmp_path) as port:
        assert len(Kube(access(port)).list("/api/v1/nodes").items) == 2
    assert len(asked) == 3


def test_one_that_stays_busy_is_asked_so_often_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubes, "PAUSE", timedelta())
    asked: list[str] = []

    def busy(method: str, path: str) -> Answer:
        asked.append(path)
        return 429, {"message": "storage is initializing"}

    with api(busy, pair=served(), folder=tmp_path) as port:
        assert "storage is initializing" in str(trouble(access(port)))
    assert len(asked) == kubes.TRIES


def test_what_is_no_kubernetes(port: int) -> None:
    assert "does not answer /html as Kubernetes does" in str(trouble(access(port), "/html"))


def test_a_server_of_another_authority(port: int) -> None:
    wrong = trouble(replace(access(port), ca=authority("another").certificate))
    assert wrong.trouble is Trouble.AUTHORITY
    assert "is not signed by the authority in kubeconfig" in str(wrong)


def test_a_certificate_for_another_name(port: int) -> None:
    wrong = trouble(replace(access(port), server_name="api.test"))
    assert wrong.trouble is Trouble.SERVER_NAME
    assert 'does not name "api.test"' in str(wrong)
    assert Kube(replace(access(port), server_name="localhost")).get("/api/v1/nodes")


def test_a_certificate_for_another_address(tmp_path: Path) -> None:
    pair = served("localhost", "198.51.100.1")
    with api(answer, pair=pair, folder=tmp_path) as port:
        assert trouble(access(port)).trouble is Trouble.SERVER_NAME
        assert Kube(replace(access(port), insecure=True)).get("/api/v1/nodes")


def test_a_server_whose_certificate_has_expired(tmp_path: Path) -> None:
    with api(answer, pair=expired(), folder=tmp_path) as port:
        wrong = trouble(access(port))
    assert wrong.trouble is Trouble.SERVER_EXPIRED
    assert "has expired. Renew it on the control planes" in str(wrong)


def expired() -> Pair:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lab.pki.YEAR", timedelta(minutes=1))  # begun five minutes ago
        served.cache_clear()
        pair = served()
    served.cache_clear()
    return pair


def test_a_port_that_refuses() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wrong = trouble(access(port))
    assert wrong.trouble is Trouble.REFUSED
    assert f"127.0.0.1:{port} refuses connections" in str(wrong)


@contextmanager
def listening(serve: str, taken: list[object] | None = None) -> Iterator[int]:
    """One that takes a connection and then says nothing, hangs up, or speaks no TLS."""
    kept: list[object] = [] if taken is None else taken
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def take() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                if serve == "silence":
                    continue
                connection.recv(2000)
                if serve == "plain":
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("serve", "reason"),
    [("silence", Trouble.TIMED_OUT), ("hang up", Trouble.RESET), ("plain", Trouble.TLS)],
)
def test_servers_that_are_none(
    serve: str, reason: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubes, "CONNECT", timedelta(seconds=0.3))
    monkeypatch.setattr(kubes, "READ", timedelta(seconds=0.3))
    with listening(serve) as port:
        assert trouble(access(port)).trouble is reason


def test_nothing_is_tried_again() -> None:
    taken: list[object] = []
    with listening("hang up", taken) as port:
        trouble(access(port))
    assert len(taken) == 1


def test_an_answer_that_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubes, "READ", timedelta(seconds=0.3))
    release = threading.Event()

    def late(released: threading.Event, method: str, path: str) -> Answer:
        released.wait(5)
        return 200, {}

    with api(partial(late, release), pair=served(), folder=tmp_path) as port:
        assert trouble(access(port)).trouble is Trouble.TIMED_OUT
        release.set()


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    wrong = trouble(replace(access(1), server="https://api.test:6443"))
    assert wrong.trouble is Trouble.NAME
    assert "the name api.test does not resolve here. Use its address" in str(wrong)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("ENETUNREACH", Trouble.NO_ROUTE), ("EHOSTUNREACH", Trouble.NO_ROUTE)],
)
def test_a_network_without_a_way(
    code: str, reason: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def lost(*_: object, **__: object) -> None:
        raise OSError(getattr(errno, code), "it is so")

    monkeypatch.setattr(socket.socket, "connect", lost)
    assert trouble(access(1)).trouble is reason
