"""The probes alone: what they see, what they cost, what `holdfast probe` prints of it."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from chaos import alone
from chaos.alone import ServerCost, _costs, _Reading, watch
from chaos.cluster.cluster import Cluster
from chaos.errors import HoldfastError, UsageError
from chaos.measure.cost import processor_seconds
from chaos.measure.stall import CONTROL
from chaos.probes import kinds
from cli.main import app
from selftests.stub.server import UID
from selftests.stub.stub import Stub
from selftests.unit.cluster_support import inventory_of

INVENTORY = """\
version: 1
cluster: {{name: test, uid: {uid}, environment: staging, kubeconfig: kubeconfig}}
endpoint: {{name: stub.holdfast.test, address: 127.0.0.1, port: {port}}}
nodes:
  - {{name: cp-1, roles: [control-plane], zone: a, address: 127.0.0.1, url: "local://"}}
"""


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


@pytest.fixture
def cluster(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """An inventory of the stub, which is its only apiserver; two probes on it."""
    access = stub.access()

    def encoded(pem: str | None) -> str:
        return base64.b64encode((pem or "").encode()).decode()

    server = {
        "server": f"https://127.0.0.1:{stub.port}",
        "certificate-authority-data": encoded(access.ca),
    }
    user = {
        "client-certificate-data": encoded(access.certificate),
        "client-key-data": encoded(access.key),
    }
    content = {
        "clusters": [{"name": "c", "cluster": server}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    with (tmp_path / "kubeconfig").open("w") as file:
        YAML().dump(content, file)
    specs = tuple(kinds()[kind].spec(access) for kind in ("api-read-new", "api-read-reused"))
    left_out = {"api-name": "The endpoint has no name."}
    monkeypatch.setattr(alone, "probes_for", lambda _, *, prepare: (specs, left_out))
    return Cluster(inventory_of(tmp_path, INVENTORY.format(uid=UID, port=stub.port), files=True))


def test_processor_seconds_are_those_of_a_process() -> None:
    begun = processor_seconds(os.getpid())
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    assert processor_seconds(os.getpid()) - begun == pytest.approx(0.2, abs=0.1)
    spinning = "import time\nwhile time.process_time() < 0.3: pass\ninput()"
    child = subprocess.Popen(
        [sys.executable, "-c", spinning], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        with_child = begun + 0.45
        deadline = time.monotonic() + 10
        while processor_seconds(os.getpid()) < with_child and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processor_seconds(os.getpid()) >= with_child  # while it lives …
    finally:
        child.communicate(b"\n")
    assert processor_seconds(os.getpid()) >= with_child  # … and when it has ended
    with pytest.raises(ProcessLookupError, match="no process 4194999"):
        processor_seconds(4194999)


def test_it_is_said_what_was_seen_and_what_it_cost(cluster: Cluster, tmp_path: Path) -> None:
    said: list[str] = []
    watched = watch(cluster, length=timedelta(seconds=1), timeline=tmp_path / "t", say=said.append)
    assert {one.probe.name for one in watched.summaries} == {
        "api-read-new", "api-read-reused", CONTROL,
    }  # fmt: skip
    for one in watched.summaries:
        assert one.samples == pytest.approx(20 * watched.seconds, abs=3)
        assert one.failed == 0
    assert 0 < watched.client < 1
    (server,) = watched.servers
    # The stub's process does nothing but answer us.
    assert server.idle is not None
    assert server.probed is not None
    assert 0 <= server.idle < server.probed < 1
    assert watched.added == pytest.approx(server.probed - server.idle)
    assert said[1] == "1 s with 2 probes"


def test_an_apiserver_that_cannot_be_read_is_told_and_adds_up_to_nothing() -> None:
    def reading(spent: float, at: float) -> _Reading:
        return _Reading(at, spent)

    refused = HoldfastError("It says 403.")
    costs = _costs(
        (
            {"a": reading(1, 0), "b": refused, "c": reading(9, 0)},
            {"a": reading(2, 10), "b": reading(2, 10), "c": reading(9.5, 10)},
        ),
        (
            {"a": reading(3, 11), "b": reading(3, 11), "c": reading(0.1, 11)},
            {"a": reading(6, 21), "b": reading(6, 21), "c": reading(0.2, 21)},
        ),
    )
    assert costs == (
        ServerCost(name="a", idle=0.1, probed=0.3),
        ServerCost(name="b", idle=None, probed=None, why="It says 403."),
        ServerCost(name="c", idle=None, probed=None, why="It was started anew meanwhile."),
    )
    assert costs[0].added == pytest.approx(0.2)
    known = alone.Watched(
        seconds=10, summaries=(), client=0.1, scheduling="nice", servers=costs[:1], left_out={}
    )
    assert known.added == pytest.approx(0.2)
    partly = replace(known, servers=costs)
    assert partly.added is None


def test_the_command_prints_both_sides(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    kept = tmp_path / "kept.jsonl"
    words = ["probe", str(tmp_path / "cluster.yaml"), "--for", "1s", "--keep", str(kept)]
    done = CliRunner().invoke(app, words)
    assert done.exception is None, done.output
    assert re.search(r"^api-read-new +20 +\d+ +0 +\d+ +[\d.]+ +[\d.]+ +none$", done.output, re.M)
    assert re.search(r"^Here: the sampler took [\d.]+% of a processor", done.output, re.M)
    assert re.search(r"^  cp-1: [\d.]+% of a processor without .*[\d.]+% with", done.output, re.M)
    assert "\nNot looked at:\n  api-name: The endpoint has no name.\n" in done.output
    assert kept.stat().st_size > 1000
    again = CliRunner().invoke(app, words)
    assert isinstance(again.exception, UsageError)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        ("30", '--for: "30" is no duration'),
        ("soon", '--for: "soon" is no duration'),
        ("0.5s", "--for 0.5s: there is little to see"),
    ],
)
def test_a_length_that_is_none_is_a_sentence(
    cluster: Cluster, tmp_path: Path, length: str, said: str
) -> None:
    done = CliRunner().invoke(app, ["probe", str(tmp_path / "cluster.yaml"), "--for", length])
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_another_cluster_than_the_inventorys_is_left_alone(
    cluster: Cluster, tmp_path: Path, stub: Stub
) -> None:
    inventory_of(tmp_path, INVENTORY.format(uid="1-2-3", port=stub.port))
    done = CliRunner().invoke(app, ["probe", str(tmp_path / "cluster.yaml")])
    assert "The inventory is for cluster 1-2-3" in str(done.exception)
