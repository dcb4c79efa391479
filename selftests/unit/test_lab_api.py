"""Reading the API with a kubeconfig, over TLS both ways."""

from __future__ import annotations

import base64
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api import Api
from lab.errors import LabError
from lab.pki import Pair, authority, issue

LISTED = {"items": [{"metadata": {"name": "cp-1"}}]}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/api/v1/nodes"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(json.dumps(LISTED if found else {"reason": "NotFound"}).encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def ca() -> Pair:
    return authority("kubernetes")


@pytest.fixture(scope="module")
def port(ca: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that lets nobody in but with a certificate of the authority."""
    folder = tmp_path_factory.mktemp("server")
    pair = issue(ca, "kube-apiserver", addresses=["127.0.0.1"])
    (folder / "pair.pem").write_text(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    context.load_verify_locations(cadata=ca.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def api(folder: Path, port: int, *, trusts: Pair, is_of: Pair) -> Api:
    """The API at this port, to somebody who trusts one authority and is of one."""
    client = issue(is_of, "kubernetes-admin", organization="system:masters")

    def b64(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    kubeconfig = folder / "kubeconfig"
    # JSON is YAML.
    content = {
        "clusters": [
            {
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority-data": b64(trusts.certificate),
                }
            }
        ],
        "users": [
            {
                "user": {
                    "client-certificate-data": b64(client.certificate),
                    "client-key-data": b64(client.key),
                }
            }
        ],
    }
    kubeconfig.write_text(json.dumps(content))
    return Api.of(kubeconfig)


def test_a_list_is_read(tmp_path: Path, port: int, ca: Pair) -> None:
    assert api(tmp_path, port, trusts=ca, is_of=ca).items("/api/v1/nodes") == LISTED["items"]


def test_another_answer_than_200_is_told_with_its_path(tmp_path: Path, port: int, ca: Pair) -> None:
    with pytest.raises(LabError, match=r"answers 404 for /api/v1/odd: .*NotFound"):
        api(tmp_path, port, trusts=ca, is_of=ca).get("/api/v1/odd")


def test_a_server_of_another_authority_is_not_believed(tmp_path: Path, port: int, ca: Pair) -> None:
    other = authority("kubernetes")
    with pytest.raises(LabError, match=r"does not answer: .*verify failed"):
        api(tmp_path, port, trusts=other, is_of=ca).get("/api/v1/nodes")


def test_somebody_of_another_authority_is_told_that_it_did_not_answer(
    tmp_path: Path, port: int, ca: Pair
) -> None:
    with pytest.raises(LabError, match="does not answer"):
        api(tmp_path, port, trusts=ca, is_of=authority("kubernetes")).get("/api/v1/nodes")


def test_where_nobody_listens_it_says_so(tmp_path: Path, ca: Pair) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(LabError, match=r"The API at 127\.0\.0\.1 does not answer"):
        api(tmp_path, port, trusts=ca, is_of=ca).get("/readyz")
