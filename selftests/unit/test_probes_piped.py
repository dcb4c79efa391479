"""Probes whose connection a machine holds: here it is this one, with its own `openssl s_client`."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Probe, build
from chaos.probes import etcd_member, kinds, leader_acting, piped
from lab.pki import authority, issue
from selftests.unit.probes_support import Asked, Handler, Server, _ca, ok, seen, serving

STATUS = {
    "header": {"cluster_id": "1", "member_id": "255", "raft_term": "4"},
    "leader": "256",
    "raftTerm": "4",
}
RAFT = {"id": "8e9e05c52164694d", "term": 7, "lead": "f1", "raftState": "StateFollower"}
LED = {
    "member": "8e9e05c52164694d",
    "leader": "f1",
    "raft_term": 7,
    "raft_leader": "f1",
    "raft_state": "StateFollower",
}
FINE = (200, '{"health":"true","reason":""}')


def argv(script: str) -> list[str]:
    return ["sh", "-c", script]


class Etcd:
    """A member: what it answers by path; what is not there it leaves unanswered."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self.answers = {"/health": FINE} | {f"/{path}": one for path, one in answers.items()}

    def __call__(self, asked: Asked) -> None:
        for path, (status, body) in self.answers.items():
            if asked.url == path or asked.url.rpartition("/")[2] == path[1:]:
                asked.answer(status, body.encode())


def variables(**raft: Any) -> tuple[int, str]:
    """What etcd has at /debug/vars."""
    held = {"cmdline": ["etcd", "--secret"], "raft.status": RAFT | raft, "memstats": {"A": {}}}
    return 200, json.dumps(held)


def member(folder: Path, server: Server, **files: str) -> Probe:
    pair = issue(_ca(), "client") if not files else None
    contents = {"ca": _ca().certificate, "certificate": "", "key": ""} | files
    if pair:
        contents |= {"certificate": pair.certificate, "key": pair.key}
    for name, content in contents.items():
        (folder / name).write_text(content)
    paths = {name: str(folder / name) for name in contents}
    script = etcd_member.asking(f"https://127.0.0.1:{server.port}", **paths)
    return build(kinds()["etcd-member"].spec(path="cp-1", argv=argv(script), node="cp-1"))


Scene = Callable[[Probe, Server], Awaitable[Any]]


def at(folder: Path, handler: Handler, scene: Scene) -> Any:
    """What a scene gives of a member that answers like this."""

    async def whole() -> Any:
        async with asyncio.timeout(12), serving(handler) as server:
            probe = member(folder, server)
            await probe.prepare()
            try:
                return await scene(probe, server)
            finally:
                await probe.close()

    return uvloop.run(whole())


async def once(probe: Probe, _server: Server | None = None) -> tuple[Outcome, dict[str, Any]]:
    outcome, attempt = await seen(probe, 7, within=2)
    return outcome, attempt.detail


def test_a_connection_is_kept_and_its_answers_keep_their_order(tmp_path: Path) -> None:
    async def scene(probe: Probe, server: Server) -> Any:
        looks = await asyncio.gather(*(once(probe) for _ in range(4)))
        return [*looks, await once(probe)], len(server.connections)

    said, connections = at(tmp_path, Etcd(vars=variables()), scene)
    assert said == [(Outcome.OK, LED)] * 5
    assert connections == 1


@pytest.mark.parametrize(
    ("health", "outcome", "detail"),
    [
        ((503, '{"health":"false","reason":"NO LEADER"}'), Outcome.SERVER_ERROR, {"status": 503}),
        ((200, '{"health":"false"}'), Outcome.WRONG, {"error": '{"health":"false"}'}),
        ((401, ""), Outcome.UNAUTHORIZED, {"status": 401}),
    ],
)
def test_its_health_is_judged_and_its_view_is_told_all_the_same(
    tmp_path: Path, health: tuple[int, str], outcome: Outcome, detail: dict[str, Any]
) -> None:
    assert at(tmp_path, Etcd(health=health, vars=variables()), once) == (outcome, LED | detail)


@pytest.mark.parametrize(
    ("lead", "state", "leader"),
    [("f1", "StateLeader", "f1"), ("0", "StateCandidate", "")],
)
def test_its_own_term_is_read_with_its_leader(
    tmp_path: Path, lead: str, state: str, leader: str
) -> None:
    etcd = Etcd(vars=variables(lead=lead, raftState=state))
    told = LED | {"leader": leader, "raft_leader": leader, "raft_state": state}
    assert at(tmp_path, etcd, once) == (Outcome.OK, told)


@pytest.mark.parametrize("there", [(404, "404 page not found"), (200, '{"raft.status": null}')])
def test_without_raft_among_the_variables_the_status_stands_in(
    tmp_path: Path, there: tuple[int, str]
) -> None:
    etcd = Etcd(vars=there, status=(200, json.dumps(STATUS)))
    assert at(tmp_path, etcd, once) == (Outcome.OK, {"member": "ff", "leader": "100", "term": 4})


def test_where_raft_has_ended_no_term_is_told(tmp_path: Path) -> None:
    assert at(tmp_path, Etcd(vars=variables(term=0)), once) == (Outcome.OK, {})


def test_its_health_stands_though_nothing_else_is_told(tmp_path: Path) -> None:
    async def scene(probe: Probe, server: Server) -> Any:
        # What was not answered would come first, so that connection is of no more use.
        return await once(probe), {asked.url for asked in server.asked}

    said, asked = at(tmp_path, Etcd(), scene)
    assert said == (Outcome.OK, {})
    assert asked == {"/health", "/debug/vars"}


def test_one_that_hangs_is_a_time_out_and_goes_on_where_it_was(tmp_path: Path) -> None:
    frozen = asyncio.Event()
    frozen.set()
    etcd = Etcd(vars=variables())

    async def handler(asked: Asked) -> None:
        await frozen.wait()
        etcd(asked)

    async def scene(probe: Probe, server: Server) -> Any:
        before = await once(probe)
        frozen.clear()
        hung = [await once(probe) for _ in range(2)]
        frozen.set()
        return before, hung, await once(probe), len(server.connections)

    before, hung, after, connections = at(tmp_path, handler, scene)
    assert hung == [(Outcome.TIMEOUT, {"error": "no answer in time"})] * 2
    assert before == after == (Outcome.OK, LED)
    assert connections == 1


def test_one_that_ends_is_a_reset_and_one_that_is_gone_refuses(tmp_path: Path) -> None:
    async def whole() -> Any:
        said = []
        async with asyncio.timeout(12):
            async with serving(Etcd(vars=variables())) as server:
                probe = member(tmp_path, server)
                await probe.prepare()
                said.append(await once(probe))
                server.handler = lambda asked: asked.connection.drop()
                said.append(await once(probe))
                server.handler = Etcd(vars=variables())
                said.append(await once(probe))
            await asyncio.sleep(0.3)  # nobody listens any more, and the connection has ended
            said += [await once(probe), await once(probe)]
            await probe.close()
        return [outcome for outcome, _ in said]

    fine, ended, again, *gone = uvloop.run(whole())
    assert (fine, ended, again) == (Outcome.OK, Outcome.RESET, Outcome.OK)
    assert gone == [Outcome.CONNECT] * 2


def test_one_whose_certificate_is_another_authoritys_is_not_believed(tmp_path: Path) -> None:
    async def whole() -> Any:
        async with asyncio.timeout(12), serving(ok) as server:
            pair = issue(_ca(), "client")
            other = authority("other").certificate
            files = {"ca": other, "certificate": pair.certificate, "key": pair.key}
            probe = member(tmp_path, server, **files)
            await probe.prepare()
            try:
                return await once(probe), server.asked
            finally:
                await probe.close()

    (outcome, _), asked = uvloop.run(whole())
    assert outcome is Outcome.TLS
    assert asked == []


def test_what_is_no_http_is_wrong(tmp_path: Path) -> None:
    def handler(asked: Asked) -> None:
        asked.connection.writer.write(b"SSH-2.0-x\r\n\r\n")

    assert at(tmp_path, handler, once)[0] is Outcome.WRONG


def test_a_way_there_that_is_silent_says_nothing_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "BEAT", 60)
    said = at(tmp_path, lambda _asked: None, once)
    assert said == (Outcome.NOT_SENT, {"why": "cp-1 did not tell: nothing came back in time"})


@pytest.mark.parametrize("missing", ["ca", "certificate", "key"])
def test_without_its_files_it_cannot_be_asked(tmp_path: Path, missing: str) -> None:
    async def whole() -> Any:
        async with asyncio.timeout(12), serving(ok) as server:
            probe = member(tmp_path, server)
            (tmp_path / missing).unlink()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await probe.prepare()
            try:
                return await once(probe)
            finally:
                await probe.close()

    why = f"cp-1 did not tell: there is no file {tmp_path}/{missing}"
    assert uvloop.run(whole()) == (Outcome.NOT_SENT, {"why": why})


# The controllers


def metrics(**leads: int) -> str:
    """As a process has them, its own Lease among others."""
    every = {"other": 1, **{name.replace("_", "-"): value for name, value in leads.items()}}
    told = "\n".join(f'leader_election_master_status{{name="{k}"}} {v}' for k, v in every.items())
    # A label may hold any bytes.
    return f'# HELP leader_election_master_status Gauge of\nqueue{{a="\0"}} 1\n{told}\nlast 7\n'


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def admin(certificate: str, key: str) -> str:
    return (
        "users:\n- name: kubernetes-admin\n  user:\n"
        f"    client-certificate-data: {encoded(certificate)}\n"
        f"    client-key-data: {encoded(key)}\n"
    )


def acting(folder: Path, manager: Handler, scheduler: Handler) -> tuple[Outcome, Any]:
    """By what the two answer."""

    async def whole() -> Any:
        pair = issue(_ca(), "kubernetes-admin")
        file = folder / "admin.conf"
        file.write_text(admin(pair.certificate, pair.key))
        async with asyncio.timeout(12), serving(manager) as one, serving(scheduler) as other:
            ports = {"kube-controller-manager": one.port, "kube-scheduler": other.port}
            scripts = {
                name: leader_acting.asking(port, kubeconfig=str(file))
                for name, port in ports.items()
            }
            argvs = {name: argv(script) for name, script in scripts.items()}
            probe = build(kinds()["leader-acting"].spec(path="cp-1", argvs=argvs, node="cp-1"))
            await probe.prepare()
            try:
                return await once(probe)
            finally:
                await probe.close()

    said: tuple[Outcome, Any] = uvloop.run(whole())
    return said


def says(text: str, status: int = 200) -> Handler:
    return lambda asked: asked.answer(status, text.encode())


def test_each_controller_tells_whether_it_leads(tmp_path: Path) -> None:
    def compressed(asked: Asked) -> None:
        assert asked.fields["accept-encoding"] == "gzip"
        assert "authorization" not in asked.fields  # its certificate is not checked
        body = gzip.compress(metrics(kube_scheduler=1).encode())
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        asked.connection.writer.write(head.encode() + body)

    said = acting(tmp_path, says(metrics(kube_controller_manager=0)), compressed)
    assert said == (Outcome.OK, {"kube-controller-manager": False, "kube-scheduler": True})


@pytest.mark.parametrize(
    ("wrong", "outcome", "error"),
    [
        (says("Forbidden", 403), Outcome.UNAUTHORIZED, "status 403"),
        (says("oh", 500), Outcome.SERVER_ERROR, "status 500"),
        (says(""), Outcome.WRONG, "it does not tell whether it leads"),
        (lambda _asked: None, Outcome.TIMEOUT, "no answer in time"),
    ],
)
def test_one_that_does_not_tell_takes_no_word_from_the_other(
    tmp_path: Path, wrong: Handler, outcome: Outcome, error: str
) -> None:
    told = {"error": f"kube-scheduler: {error}", "kube-controller-manager": True}
    said = acting(tmp_path, says(metrics(kube_controller_manager=1)), wrong)
    assert said == (outcome, told)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (None, "there is no file"),
        ("users: []", "there is no certificate with its key in"),
        (admin("x", "").replace("key-data", "key"), "there is no certificate with its key in"),
    ],
)
def test_without_a_certificate_the_controllers_cannot_be_asked(
    tmp_path: Path, content: str | None, wrong: str
) -> None:
    file = tmp_path / "admin.conf"
    if content:
        file.write_text(content)
    script = leader_acting.asking(10257, kubeconfig=str(file))

    async def whole() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            *argv(script), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        return process.returncode, errors

    code, said = uvloop.run(whole())
    assert (code, said.decode().strip()) == (1, f"{wrong} {file}")
