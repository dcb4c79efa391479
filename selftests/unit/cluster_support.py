"""What the selftests of chaos.cluster share: an inventory, nodes that answer by themselves, TLS."""

from __future__ import annotations

import functools
import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from chaos.cluster.inventory import Inventory, load
from chaos.cluster.inventory_parts import Role
from chaos.cluster.node import Node
from lab.pki import Pair, authority, issue

INVENTORY = """\
version: 1
cluster:
  name: test
  uid: 1-2-3
  environment: staging
  kubeconfig: kubeconfig
endpoint:
  name: api.test
  address: 198.51.100.100
nodes:
  - {name: cp-1, roles: [control-plane, etcd], zone: a, address: 198.51.100.21, url: "local://"}
  - {name: cp-2, roles: [control-plane, etcd], zone: b, address: 198.51.100.22, url: "local://"}
  - {name: cp-3, roles: [control-plane, etcd], zone: c, address: 198.51.100.23, url: "local://"}
  - {name: worker-1, roles: [worker], zone: a, address: 198.51.100.31, url: "local://"}
  - {name: lb-1, roles: [load-balancer], zone: a, address: 198.51.100.11, url: "local://"}
  - {name: lb-2, roles: [load-balancer], zone: b, address: 198.51.100.12, url: "local://"}
etcd: {topology: stacked}
"""


def inventory_of(folder: Path, text: str = INVENTORY, *, files: bool = False) -> Inventory:
    """The inventory of this text."""
    file = folder / "cluster.yaml"
    file.write_text(text)
    return load(file, files=files)


class FakeHost:
    """In place of testinfra's host: a function answers."""

    def __init__(self, answer: Callable[[str], tuple[int, str, str]]) -> None:
        self.answer = answer
        self.commands: list[str] = []

    def run(self, command: str, *, timeout: timedelta, stdin: str | None = None) -> Any:
        self.commands.append(command)
        code, out, err = self.answer(command)
        return type("Done", (), {"rc": code, "stdout": out, "stderr": err})()


def fake_node(
    name: str, answer: Callable[[str], tuple[int, str, str]], *roles: Role, zone: str = "a"
) -> Node:
    """A node whose commands a function answers."""
    return Node(name, frozenset(roles or (Role.WORKER,)), zone, "198.51.100.1", FakeHost(answer))


@functools.cache
def ca() -> Pair:
    return authority("kubernetes")


@functools.cache
def served(name: str = "localhost", address: str = "127.0.0.1") -> Pair:
    return issue(ca(), "kube-apiserver", names=[name], addresses=[address])


@functools.cache
def client() -> Pair:
    return issue(ca(), "admin", organization="system:masters")


Answer = tuple[int, Mapping[str, Any] | str]


@contextmanager
def api(answer: Callable[[str, str], Answer], *, pair: Pair, folder: Path) -> Iterator[int]:
    """An HTTPS server on loopback; a function answers, by method and path. Gives the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = answer(self.command, self.path)
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if status == HTTPStatus.TOO_MANY_REQUESTS:  # as an apiserver does
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815  # http.server's own name

        def log_message(self, *_: Any) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # clients that end the handshake are what is tested

    (folder / "server.pem").write_text(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
