"""The probes against a real server: each way of failing has its class."""

from __future__ import annotations

import asyncio
import errno
import gc
import itertools
import os
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from chaos.measure.control import Control, control_spec
from chaos.measure.errors import SamplerError
from chaos.measure.outcome import SLOW_AFTER, Outcome
from chaos.measure.probe import Attempt, Probe, ProbeSpec, build
from chaos.probes import kinds, probe
from chaos.probes.access import ApiAccess
from chaos.probes.classify import of_error, of_status
from lab.pki import authority
from selftests.stub.stub import NAME, Stub

KINDS = ["api-read-new", "api-read-reused", "api-write"]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


@contextmanager
def misbehaving(mode: str, **options: float) -> Iterator[Stub]:
    with Stub() as running:
        running.now(mode, **options)
        yield running


def ask(
    kind: str, access: ApiAccess, *, times: int = 1, timeout: float = 0.4, **options: Any
) -> list[tuple[Outcome, Attempt]]:
    """What a probe says, asked so many times over one slot."""
    spec = kinds()[kind].spec(access, rate=0.1, timeout=timeout, **options)
    return uvloop.run(_ask(build(spec), times, timeout))


async def _ask(one: Probe, times: int, seconds: float) -> list[tuple[Outcome, Attempt]]:
    said = []
    for tick in range(times):
        attempt = Attempt(2 * tick)  # two slots at this rate
        try:
            async with asyncio.timeout(seconds):
                said.append((await one.observe(attempt), attempt))
        except TimeoutError:
            said.append((Outcome.TIMEOUT, attempt))
    await one.close()
    return said


def test_every_file_with_a_marked_class_is_found() -> None:
    assert set(KINDS) <= set(kinds())
    files = Path(__file__).parents[2] / "chaos" / "probes"
    marked = [file for file in files.glob("*.py") if "\n@probe(" in file.read_text()]
    assert len(marked) == len(kinds())
    assert all(kind.does.endswith(".") and kind.rate > 0 for kind in kinds().values())


def test_what_takes_longer_by_nature_is_late_later() -> None:
    late = {name: kind.spec().slow for name, kind in kinds().items()}
    assert {late[name] for name in KINDS} == {SLOW_AFTER}
    shells = ("etcd-member", "leader-acting", "balancer-view", "vip-holder", "cluster-dns")
    assert all(late[name] > SLOW_AFTER for name in (*shells, "pod-network", "user-promql"))
    assert late["scheduling-canary"] > late["etcd-member"]
    assert all(late[name] < kind.timeout for name, kind in kinds().items())


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two kinds of probe called api-write"):
        probe("api-write", rate=1.0)(Control)


def test_a_probe_by_another_path_has_a_name_of_its_own(stub: Stub) -> None:
    kind = kinds()["api-read-new"]
    assert kind.spec(stub.access()).name == "api-read-new"
    by_node = kind.spec(stub.access(), path="cp-2", rate=5.0)
    assert (by_node.name, by_node.path, by_node.rate) == ("api-read-new@cp-2", "cp-2", 5.0)
    assert ProbeSpec.from_data(by_node.as_data()) == by_node
    assert "PRIVATE" not in repr(by_node) + repr(stub.access(token="s3cret"))
    assert "s3cret" not in repr(stub.access(token="s3cret"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_answer_is_ok_and_names_its_server(stub: Stub, kind: str) -> None:
    said = ask(kind, stub.access(), times=3)
    assert [outcome for outcome, _ in said] == [Outcome.OK] * 3
    assert len({attempt.detail["peer"] for _, attempt in said}) == 1


def test_a_reused_connection_is_reused(stub: Stub) -> None:
    said = ask("api-read-reused", stub.access(), times=3)
    assert ["reopened" in attempt.detail for _, attempt in said] == [True, False, False]


def test_a_write_tells_what_was_acknowledged(stub: Stub) -> None:
    said = ask("api-write", stub.access(), times=3, run="r")
    details = [attempt.detail for _, attempt in said]
    assert [d["value"] for d in details] == ["r:0", "r:2", "r:4"]
    assert [d["key"] for d in details] == [f"holdfast-write-0{n}" for n in (0, 2, 4)]
    assert len({d["version"] for d in details}) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_each_way_of_failing_has_its_class(stub: Stub, kind: str) -> None:
    def one(access: ApiAccess) -> tuple[Outcome, Any]:
        ((outcome, attempt),) = ask(kind, access)
        return outcome, attempt.phase

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert one(stub.access(port=closed.getsockname()[1])) == (Outcome.CONNECT, "connect")
    other = authority("other").certificate
    assert one(stub.access(ca=other)) == (Outcome.TLS, "tls")
    assert one(stub.access(server_name="else.test")) == (Outcome.TLS, "tls")
    assert one(stub.access(server_name=NAME)) == (Outcome.OK, "answer")
    with misbehaving("reset") as resets:
        assert one(resets.access())[0] is Outcome.RESET  # before the handshake or in it
    with misbehaving("silent") as silent:
        assert one(silent.access()) == (Outcome.TIMEOUT, "tls")
    with misbehaving("wrong") as wrong:
        assert one(wrong.access()) == (Outcome.WRONG, "answer")


def test_a_name_is_resolved_and_one_that_does_not_exist_is_dns(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("api-read-new", stub.access(host="localhost", server_name=NAME))[0][0] is Outcome.OK

    def unknown(*args: object, **named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    ((outcome, attempt),) = ask("api-read-new", stub.access(host="nowhere.test"))
    assert (outcome, attempt.phase) == (Outcome.DNS, "dns")
    assert attempt.detail["error"] == "gaierror: [Errno -2] Name or service not known"


def test_a_name_server_that_hangs_hangs_no_other_attempt(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = threading.Event()
    looked_up = socket.getaddrinfo

    def hang(host: str, *args: Any, **named: Any) -> Any:
        back.wait(5)
        return looked_up(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    access = stub.access(host="localhost", server_name=NAME)
    said = ask("api-read-new", access, times=3, timeout=0.05)
    assert [(outcome, attempt.phase) for outcome, attempt in said] == [(Outcome.TIMEOUT, "dns")] * 3
    back.set()
    assert ask("api-read-new", access)[0][0] is Outcome.OK


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (201, Outcome.OK),
        (302, Outcome.WRONG),
        (401, Outcome.UNAUTHORIZED),
        (403, Outcome.UNAUTHORIZED),
        (404, Outcome.WRONG),
        (409, Outcome.CONFLICT),
        (429, Outcome.THROTTLED),
        (500, Outcome.SERVER_ERROR),
        (504, Outcome.SERVER_ERROR),
    ],
)
def test_the_class_of_a_status(status: int, outcome: Outcome) -> None:
    assert of_status(status) is outcome


def test_a_status_is_noted() -> None:
    with misbehaving("status", status=429) as throttles:
        for kind in KINDS:
            ((outcome, attempt),) = ask(kind, throttles.access())
            assert (outcome, attempt.detail["status"]) == (Outcome.THROTTLED, 429)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (OSError(errno.EHOSTUNREACH, "no route"), Outcome.CONNECT),
        (OSError(errno.ENETUNREACH, "no net"), Outcome.CONNECT),
        (OSError(errno.EMFILE, "no files"), Outcome.NOT_SENT),
        (OSError(errno.EADDRNOTAVAIL, "no ports"), Outcome.NOT_SENT),
        (PermissionError(errno.EPERM, "our firewall"), Outcome.NOT_SENT),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), Outcome.TIMEOUT),
        (ssl.SSLEOFError(8, "EOF"), Outcome.RESET),
        (BrokenPipeError(), Outcome.RESET),
        (asyncio.IncompleteReadError(b"", 1), Outcome.RESET),
    ],
)
def test_the_class_of_an_error(error: OSError | EOFError, outcome: Outcome) -> None:
    assert of_error(error, "connect") is outcome


def test_what_breaks_in_use_is_a_failure_and_is_opened_anew_at_the_next_turn() -> None:
    async def scene(stub: Stub) -> list[tuple[Outcome, Any]]:
        spec = kinds()["api-read-reused"].spec(stub.access(), rate=0.1, timeout=0.4)
        one, said = build(spec), []
        await one.prepare()
        for tick, mode in enumerate(["", "silent", "", "refuse", "", ""]):
            if mode:
                stub.plan(mode, at=0, length=0.5)
                await asyncio.sleep(0.1)
            attempt = Attempt(2 * tick)
            try:
                async with asyncio.timeout(0.3):
                    said.append((await one.observe(attempt), attempt.detail.get("reopened")))
            except TimeoutError:
                said.append((Outcome.TIMEOUT, attempt.detail.get("reopened")))
            if mode:
                stub.truths()
        await one.close()
        return said

    with Stub() as stub, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        said = uvloop.run(scene(stub))
        gc.collect()
    assert [str(one.message) for one in told] == []
    reset = "ConnectionResetError: [Errno 104] Connection reset by peer"
    assert said == [
        (Outcome.OK, None),
        (Outcome.TIMEOUT, None),  # on the connection that was good
        (Outcome.OK, "it was broken"),
        (Outcome.CONNECT, reset),  # broken while idle, and nobody listens
        (Outcome.OK, "it was broken"),
        (Outcome.OK, None),
    ]


def test_no_file_is_left_open_whatever_happens(stub: Stub) -> None:
    async def scene() -> tuple[int, int]:
        # With its first connection the loop opens a file of its own, once.
        await _ask(build(kinds()[KINDS[0]].spec(ways[0], rate=10, timeout=0.5)), 1, 0.5)
        await asyncio.sleep(0.1)
        before = len(os.listdir("/proc/self/fd"))
        for kind, access in itertools.product(KINDS, ways):
            spec = kinds()[kind].spec(access, rate=10, timeout=0.05)
            await _ask(build(spec), 4, 0.05)
        await asyncio.sleep(0.1)
        return before, len(os.listdir("/proc/self/fd"))

    with (
        misbehaving("silent") as silent,
        misbehaving("reset") as resets,
        socket.socket() as closed,
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")  # what is closed only when it is forgotten is told
        closed.bind(("127.0.0.1", 0))
        ways = [stub.access(), silent.access(), resets.access()]
        ways.append(stub.access(ca=authority("other").certificate))
        ways.append(stub.access(port=closed.getsockname()[1]))
        before, after = uvloop.run(scene())
        gc.collect()
    assert after == before
    assert [str(one.message) for one in told] == []


@pytest.mark.parametrize("broken", [{"ca": "no PEM"}, {"key": "no PEM"}, {"odd": 1}])
def test_bad_credentials_are_told_when_the_probe_is_made(stub: Stub, broken: Any) -> None:
    for kind in KINDS:
        spec = kinds()[kind].spec(stub.access())
        options = {"access": {**spec.options["access"], **broken}}
        with pytest.raises(SamplerError, match=f"The probe {kind} cannot be made"):
            build(ProbeSpec(kind, kind, "endpoint", spec.factory, 1.0, options=options))


def test_the_control_probe_echoes() -> None:
    async def scene() -> list[tuple[Outcome, Attempt]]:
        control = Control(control_spec())
        await control.prepare()
        return await _ask(control, 3, 1.0)

    assert [outcome for outcome, _ in uvloop.run(scene())] == [Outcome.OK] * 3
