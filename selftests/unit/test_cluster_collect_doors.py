"""Who shows a certificate, and what is tried there without one."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import doors, uninvited
from chaos.cluster.collect.uninvited import Asking
from chaos.cluster.facts import (
    Anonymous,
)
from selftests.unit.cluster_support import ca, inventory_of, served
from selftests.unit.conformance_parts import members, node

# strangers


@contextmanager
def door(answer: bytes, folder: Path, *, demand: bool) -> Iterator[int]:
    """A server that answers so, after a handshake that may demand a certificate."""
    (folder / "pair.pem").write_text(served().certificate + served().key)
    (folder / "ca.pem").write_text(ca().certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    if demand:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "ca.pem")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            try:
                plain, _ = server.accept()
                with plain, context.wrap_socket(plain, server_side=True) as tls:
                    tls.recv(1000)
                    tls.sendall(answer)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def ask(port: int) -> Anonymous:
    (found,) = uninvited.ask([Asking("etcd client", "cp-1", "127.0.0.1", port, "/version")])
    return found


def test_a_door_that_lets_strangers_in(tmp_path: Path) -> None:
    with door(b"HTTP/1.1 200 OK\r\n\r\n", tmp_path, demand=False) as port:
        found = ask(port)
    assert (found.status, found.reached, found.address) == (200, True, f"127.0.0.1:{port}")


def test_a_door_that_demands_a_certificate(tmp_path: Path) -> None:
    with door(b"HTTP/1.1 200 OK\r\n\r\n", tmp_path, demand=True) as port:
        found = ask(port)
    assert (found.status, found.reached) == (None, True)
    # An alert that names the certificate; or the end, where that overtakes the alert.
    assert found.ended


def test_a_door_that_is_not_there_and_one_that_says_nothing(tmp_path: Path) -> None:
    with door(b"", tmp_path, demand=False) as port:
        silent = ask(port)
    assert (silent.status, silent.ended) == (None, "it ended the connection")
    assert ask(port).reached is False


def test_what_is_asked_of_whom() -> None:
    asked_of = {
        what: {one.path for one in doors.uninvited([way(what)])}
        for what in ("apiserver", "endpoint", "kubelet", "etcd client", "etcd peer")
    }
    assert asked_of["endpoint"] == set()
    assert "/api/v1/namespaces" in asked_of["apiserver"]
    assert asked_of["kubelet"] == {"/pods"}
    assert asked_of["etcd client"]
    assert asked_of["etcd peer"]


def test_everybody_who_shows_a_certificate_is_found(tmp_path: Path) -> None:
    etcd = members(3)
    unstarted = replace(etcd.members[2], name="", client_urls=())
    ways = doors.all_of(
        Cluster(inventory_of(tmp_path)),
        ports={"cp-2": "7443"},
        apiservers=("198.51.100.21:6443", "198.51.100.77:6443"),
        nodes=(node("worker-1", 1, "worker"), node("lb-1", 1, "load-balancer")),
        etcd=replace(etcd, members=(*etcd.members[:2], unstarted)),
    )
    assert [(one.what, one.node, one.host, one.port) for one in ways] == [
        ("apiserver", "cp-1", "198.51.100.21", 6443),
        ("apiserver", "cp-2", "198.51.100.22", 7443),
        ("apiserver", "cp-3", "198.51.100.23", 6443),
        ("apiserver", None, "198.51.100.77", 6443),
        ("endpoint", None, "198.51.100.100", 6443),
        ("kubelet", "worker-1", "198.51.100.31", 10250),
        ("etcd client", "cp-1", "198.51.100.21", 2379),
        ("etcd peer", "cp-1", "198.51.100.21", 2380),
        ("etcd client", "cp-2", "198.51.100.22", 2379),
        ("etcd peer", "cp-2", "198.51.100.22", 2380),
    ]


def way(what: str) -> Any:
    from chaos.cluster.collect.served import Asked

    return Asked(what, "cp-1", "198.51.100.21", 1, "x")
