"""Probes that ask through a shell on a machine: here it is this one, with tools of our own."""

from __future__ import annotations

import asyncio
import json
import os
import select
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, Probe, ProbeSpec, build
from chaos.probes import (
    balancer_view,
    cluster_dns,
    kinds,
    login,
    pod_network,
    vip_holder,
)
from chaos.probes.remote import Remote, Said, loop
from selftests.unit.probes_support import seen

HAPROXY = """\
# pxname,svname,status,lastchg,check_status,type
apiservers,cp-1,UP,10,L7OK,2
apiservers,cp-2,DOWN,3,* L4TOUT,2
apiservers,BACKEND,UP,10,,1
statistics,FRONTEND,OPEN,,,0
"""


class Machine:
    """A folder of tools that come before those of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tool(self, name: str, text: str) -> None:
        """A program of this name."""
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def file(self, name: str, content: str = "") -> str:
        file = self.folder / name
        file.write_text(content)
        return str(file)

    def argv(self, script: str) -> list[str]:
        return ["env", f"PATH={self.folder}:{os.environ['PATH']}", "sh", "-c", script]

    def spec(self, script: str, *, timeout: float = 1.0) -> ProbeSpec:
        options = {"argv": self.argv(script), "node": "cp-1"}
        return ProbeSpec("p", "p", "cp-1", "nowhere:at_all", 5.0, timeout, options)

    def probe(self, kind: str, script: str, **options: Any) -> Probe:
        how = {"argv": self.argv(script), "node": "cp-1", **options}
        return build(kinds()[kind].spec(path="cp-1", **how))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def told(spec: ProbeSpec, scene: Callable[[Remote], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        shell = Remote(spec)
        async with asyncio.timeout(5):
            try:
                return await scene(shell)
            finally:
                await shell.close()

    return uvloop.run(whole())


async def ask(shell: Remote, tick: int = 0) -> tuple[Outcome, Any]:
    """An answer of 0 is ok, and its text is the note."""

    def judge(said: Said) -> Outcome:
        attempt.note(said=f"{said.code} {said.out}")
        return Outcome.OK

    attempt = Attempt(tick)
    outcome = await shell.judged(attempt, judge)
    return outcome, attempt.detail.get("said", attempt.detail.get("why"))


def ends(process: int, *, within: float) -> bool:
    """Whether it does in so many seconds; what has ended may wait for somebody to take notice."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within)[0])
    finally:
        os.close(watched)


async def refused(shell: Remote) -> tuple[Outcome, Any]:
    """What is told when it is known that the shell is not there."""
    async with asyncio.timeout(3):
        while "not reached yet" in (said := await ask(shell))[1]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return said


def test_many_questions_are_answered_by_one_shell_each_with_its_own(machine: Machine) -> None:
    async def scene(shell: Remote) -> Any:
        await shell.prepare()
        return await asyncio.gather(*(ask(shell, tick) for tick in range(8)))

    # The later it was asked the sooner it answers.
    script = loop('sleep 0.0$((8 - n)); echo "$n of $$"; echo "a second line"; exit 3')
    said = told(machine.spec(script), scene)
    assert {outcome for outcome, _ in said} == {Outcome.OK}
    firsts = [text.split() for _, text in said]
    assert [(code, number) for code, number, *_ in firsts] == [("3", str(n)) for n in range(8)]
    assert len({words[3] for words in firsts}) == 1
    assert said[0][1].endswith("\na second line")


def test_what_does_not_come_back_says_nothing_of_what_was_asked(machine: Machine) -> None:
    async def scene(shell: Remote) -> Any:
        early = await ask(shell)
        await shell.prepare()
        async with asyncio.timeout(1):  # so that it is we who tell, and not the sampler
            hung = await ask(shell, 1)
        return early, hung, await ask(shell, 2)

    script = loop('[ "$n" = 1 ] && sleep 2; echo fine')
    early, hung, fine = told(machine.spec(script, timeout=0.2), scene)
    assert early == (Outcome.NOT_SENT, "cp-1 did not tell: it was not reached yet")
    assert hung == (Outcome.NOT_SENT, "cp-1 did not tell: nothing came back in time")
    assert fine == (Outcome.OK, "0 fine")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (loop("echo", before=r"printf 'first\nthere is no curl\n'; return 1"), "there is no curl"),
        ("echo Permission denied >&2; exit 255", "Permission denied"),
    ],
)
def test_a_shell_that_cannot_ask_says_why(machine: Machine, script: str, why: str) -> None:
    async def scene(shell: Remote) -> Any:
        return await refused(shell)

    # Standard error comes the same way as standard output.
    said = told(machine.spec(script), scene)
    assert said == (Outcome.NOT_SENT, f"cp-1 did not tell: {why}")


def test_a_program_that_is_not_there_says_so() -> None:
    async def scene(shell: Remote) -> Any:
        return await refused(shell)

    options = {"argv": ["/no/such/program"], "node": "cp-1"}
    spec = ProbeSpec("p", "p", "cp-1", "nowhere:at_all", 5.0, 1.0, options)
    why = "cp-1 did not tell: /no/such/program: No such file or directory"
    assert told(spec, scene) == (Outcome.NOT_SENT, why)


def test_a_shell_that_ended_is_started_again_but_not_at_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "_AGAIN", 1.0)

    async def scene(shell: Remote) -> list[Any]:
        await shell.prepare()
        begun = time.monotonic()
        await ask(shell, 1)
        async with asyncio.timeout(0.8):
            while (await ask(shell, 2))[1] == "0 2":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        said = [await ask(shell, 3)]  # too soon for another
        await asyncio.sleep(begun + 1.0 - time.monotonic())
        said.append(await ask(shell, 4))  # which starts it
        async with asyncio.timeout(3):
            await shell.prepare()
        return [*said, await ask(shell, 5)]

    script = loop('[ "$n" = 1 ] && kill $$; echo $n')
    gone = (Outcome.NOT_SENT, "cp-1 did not tell: the shell there ended")
    assert told(machine.spec(script, timeout=0.4), scene) == [gone, gone, (Outcome.OK, "0 5")]


def test_a_shell_that_takes_no_more_is_ended_and_started_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "_AGAIN", 0)

    async def scene(shell: Remote) -> list[Any]:
        await shell.prepare()
        assert shell._process
        assert shell._process.stdin
        shell._process.stdin.transport.abort()  # as the loop does when a write failed
        said = [await ask(shell, 1)]
        async with asyncio.timeout(3):
            while (await ask(shell, 2))[0] is not Outcome.OK:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return [*said, await ask(shell, 3)]

    gone = (Outcome.NOT_SENT, "cp-1 did not tell: the shell there ended")
    script = f"trap '' HUP; {loop('echo $n')}\nsleep 9"  # nor does it end with its input
    assert told(machine.spec(script), scene) == [gone, (Outcome.OK, "0 3")]


def test_what_was_asked_when_the_shell_broke_off_is_told_at_once(machine: Machine) -> None:
    async def scene(shell: Remote) -> Any:
        await shell.prepare()
        return await asyncio.gather(ask(shell, 2), ask(shell, 1))

    # Signal 9 to the shell's whole group, as when a connection breaks.
    script = loop('if [ "$n" = 1 ]; then kill -9 0; else sleep 3; fi')
    gone = (Outcome.NOT_SENT, "cp-1 did not tell: the shell there ended")
    assert told(machine.spec(script, timeout=9.0), scene) == [gone, gone]


def test_no_second_shell_is_started_beside_one_that_takes_its_time(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "_AGAIN", 0)
    started = machine.file("started")

    async def scene(shell: Remote) -> Any:
        for _ in range(3):
            assert (await ask(shell))[0] is Outcome.NOT_SENT
            await asyncio.sleep(0.05)
        await shell.prepare()
        return await ask(shell)

    script = loop(f"cat {started}", before=f"echo one >>{started}; sleep 0.3")
    assert told(machine.spec(script), scene) == (Outcome.OK, "0 one")


@pytest.mark.parametrize("around", ["{}", "timeout 60 sh -c {}", "setsid sh -c {}"])
def test_the_shell_ends_with_its_input(machine: Machine, around: str) -> None:
    async def scene(shell: Remote) -> int:
        await shell.prepare()
        _, said = await ask(shell)
        return int(said.split()[1])

    script = loop("echo $$")
    if around != "{}":  # in a group, or a session, that no signal of ours reaches
        script = f"{around.format(quote(script))}; exit"
    begun = time.monotonic()
    process = told(machine.spec(script), scene)
    assert time.monotonic() - begun < 2
    # In a session of its own nobody waits for it: it reads the end when it gets to it.
    assert ends(process, within=5)


def test_one_that_does_not_listen_is_killed(machine: Machine) -> None:
    pid = machine.file("pid")

    async def scene(shell: Remote) -> None:
        await shell.prepare()

    begun = time.monotonic()
    told(machine.spec(f"echo $$ >{pid}; echo holdfast-ready; exec sleep 60"), scene)
    assert time.monotonic() - begun < 2
    assert ends(int(Path(pid).read_text()), within=0)


def test_nothing_else_that_is_said_there_is_taken_for_an_answer(machine: Machine) -> None:
    async def scene(shell: Remote) -> Any:
        await shell.prepare()
        return [await ask(shell, tick) for tick in range(3)]

    noise = "{ echo Last login today; echo 1 2; echo once 2 0 aGk=; echo 99 0 aGk=; }"
    said = told(machine.spec(loop(f"{noise} >&3; echo $n", before="exec 3>&1")), scene)
    assert said == [(Outcome.OK, f"0 {n}") for n in range(3)]


def once(probe: Probe) -> tuple[Outcome, dict[str, Any]]:
    async def whole() -> tuple[Outcome, dict[str, Any]]:
        async with asyncio.timeout(5):
            await probe.prepare()
            outcome, attempt = await seen(probe, 7, within=3)
            await probe.close()
        return outcome, attempt.detail

    return uvloop.run(whole())


def test_a_balancers_view_has_all_servers(machine: Machine) -> None:
    stats = f"cat {machine.file('stats', HAPROXY)}"
    probe = machine.probe("balancer-view", balancer_view.asking(stats))
    assert once(probe) == (
        Outcome.OK,
        {"up": "apiservers/cp-1", "down": "apiservers/cp-2 DOWN L4TOUT"},
    )


@pytest.mark.parametrize(
    ("stats", "outcome"),
    [
        ("echo Connection refused >&2; exit 1", Outcome.CONNECT),
        ("echo Hello", Outcome.WRONG),
        ("sleep 3", Outcome.TIMEOUT),
    ],
)
def test_a_balancer_that_tells_nothing(machine: Machine, stats: str, outcome: Outcome) -> None:
    said, detail = once(machine.probe("balancer-view", balancer_view.asking(stats)))
    assert said is outcome
    assert "up" not in detail


@pytest.mark.parametrize(("address", "holds"), [("198.18.0.100", True), ("198.18.0.10", False)])
def test_who_has_the_address_says_so(machine: Machine, address: str, holds: bool) -> None:
    machine.tool("ip", "echo '2: eth0    inet 198.18.0.100/24 scope global secondary eth0'")
    probe = machine.probe("vip-holder", vip_holder.ASKING, address=address)
    assert once(probe) == (Outcome.OK, {"holds": holds})


def test_a_machine_without_an_answer_holds_nothing_and_lacks_nothing(machine: Machine) -> None:
    machine.tool("ip", "echo broken >&2; exit 2")
    probe = machine.probe("vip-holder", vip_holder.ASKING, address="198.18.0.100")
    assert once(probe) == (Outcome.NOT_SENT, {"why": "ip ended with code 2: broken"})


@pytest.mark.parametrize(
    ("flags", "addresses", "outcome", "error"),
    [
        ("8180", 1, Outcome.OK, None),
        ("8180", 0, Outcome.DNS, "no address"),
        ("8183", 0, Outcome.DNS, "NXDOMAIN"),
        ("8182", 0, Outcome.DNS, "SERVFAIL"),
    ],
)
def test_an_answer_of_the_clusters_dns(
    machine: Machine, flags: str, addresses: int, outcome: Outcome, error: str | None
) -> None:
    answer = f"1267{flags}0001{addresses:04x}00000000" + "0161000001" + "0001"
    answer += "c00c000100010000001e0004c6120001" * addresses
    machine.tool("bash", f"echo {answer}")
    script = cluster_dns.asking("198.19.0.10", "kubernetes.default.svc.cluster.local")
    said, detail = once(machine.probe("cluster-dns", script))
    assert (said, detail.get("error")) == (outcome, error)


def test_the_question_to_the_clusters_dns_goes_over_udp(machine: Machine) -> None:
    """With bash's own sockets, to a server on loopback."""

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            head = data[:2] + bytes.fromhex("81800001000100000000")
            self.transport.sendto(
                head + data[12:] + bytes.fromhex("c00c000100010000001e0004c6120001"), addr
            )

    async def scene(patch: pytest.MonkeyPatch) -> tuple[Outcome, Attempt]:
        loop_ = asyncio.get_running_loop()
        transport, _ = await loop_.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        patch.setattr(cluster_dns, "PORT", transport.get_extra_info("sockname")[1])
        script = cluster_dns.asking("127.0.0.1", "kubernetes.default.svc.cluster.local")
        probe = machine.probe("cluster-dns", script)
        await probe.prepare()
        said = await seen(probe, within=3)
        await probe.close()
        transport.close()
        return said

    with pytest.MonkeyPatch.context() as patch:
        outcome, attempt = uvloop.run(scene(patch))
    assert (outcome, attempt.detail) == (Outcome.OK, {})


@pytest.fixture
def pod(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with one Pod, whose network is a file."""
    (machine.folder / "netns").mkdir()
    net = machine.file("netns/cni-1")
    account = machine.folder / "pods/u-i-d/volumes/kubernetes.io~projected/kube-api-access-x"
    account.mkdir(parents=True)
    (account / "token").write_text("t0ken")
    (account / "ca.crt").write_text("")
    monkeypatch.setattr(pod_network, "KUBELET", str(machine.folder))
    inspected = {
        "status": {"labels": {"io.kubernetes.pod.uid": "u-i-d"}},
        "info": {"runtimeSpec": {"linux": {"namespaces": [{"type": "network", "path": net}]}}},
    }
    machine.file("inspected", json.dumps(inspected, indent=2))
    machine.tool("crictl", f"[ $1 = pods ] && echo 1234 || cat {machine.folder}/inspected")
    machine.tool("nsenter", 'shift; exec "$@"')
    machine.tool("unshare", 'shift; exec "$@"')
    machine.tool("mount", ":")
    machine.tool("curl", f"cat >{machine.folder}/config; printf 200")
    monkeypatch.setattr(pod_network, "_RESOLVER", ":")
    return machine


def entering() -> str:
    return pod_network.asking(label="k8s-app=kube-dns", dns="198.19.0.10", domain="cluster.local")


def test_the_api_is_asked_from_inside_a_pods_network_with_its_token(pod: Machine) -> None:
    assert once(pod.probe("pod-network", entering())) == (Outcome.OK, {})
    sent = (pod.folder / "config").read_text()
    assert sent == 'header = "Authorization: Bearer t0ken"\n'


@pytest.mark.parametrize(
    ("tool", "outcome", "detail"),
    [
        ("printf 000; exit 6", Outcome.DNS, {"curl": 6}),
        ("printf 000; exit 28", Outcome.TIMEOUT, {"curl": 28}),
        ("printf 401", Outcome.UNAUTHORIZED, {"status": "401"}),
        ("printf 500", Outcome.SERVER_ERROR, {"status": "500"}),
    ],
)
def test_how_the_api_fails_in_a_pod(
    pod: Machine, tool: str, outcome: Outcome, detail: dict[str, Any]
) -> None:
    pod.tool("curl", tool)
    assert once(pod.probe("pod-network", entering())) == (outcome, detail)


def test_when_the_pod_has_gone_nothing_is_said_of_the_api(pod: Machine) -> None:
    async def scene(probe: Probe) -> Outcome:
        await probe.prepare()
        (pod.folder / "netns/cni-1").unlink()
        outcome, _ = await seen(probe, within=3)
        await probe.close()
        return outcome

    assert uvloop.run(scene(pod.probe("pod-network", entering()))) is Outcome.NOT_SENT


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda m: m.tool("crictl", ":"), "no Pod with the label k8s-app=kube-dns is here"),
        (lambda m: (m.folder / "netns/cni-1").unlink(), "the Pod has no network of its own"),
        (
            lambda m: next(m.folder.glob("pods/**/token")).unlink(),
            "the Pod has no token",
        ),
    ],
)
def test_what_a_pod_lacks_is_told(pod: Machine, spoil: Callable[[Machine], Any], why: str) -> None:
    async def scene(shell: Remote) -> Any:
        return await refused(shell)

    spoil(pod)
    said = told(pod.spec(entering()), scene)
    assert said == (Outcome.NOT_SENT, f"cp-1 did not tell: {why}")
