"""A second signal, as a terminal's Ctrl-C and what the command passes on: the healing goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import pytest

from chaos.faults import Scene, TargetNode, registry
from chaos.safety.outcome import Healing
from chaos.safety.plan import Plan
from chaos.safety.session import Session
from chaos.safety.signals import Interruptions
from selftests.fakes.node import ADDRESS, FakeNode, Result


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_second_one_is_told_and_raises_nothing() -> None:
    said: list[str] = []
    with Interruptions(said.append) as interruptions:
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        interrupt()
        with interruptions.shielded():
            interrupt()
    assert said == ["SIGINT: healing first"] * 2


def test_one_that_waited_for_the_healing_is_the_only_one() -> None:
    with Interruptions() as interruptions:
        with pytest.raises(KeyboardInterrupt), interruptions.shielded():  # noqa: PT012
            interrupt()
            interrupt()
        interrupt()


def test_what_cannot_be_told_does_not_end_the_healing() -> None:
    def say(_line: str) -> None:
        raise RuntimeError("reentrant call inside <_io.BufferedWriter>")

    healed = []
    with (  # noqa: PT012
        pytest.raises(KeyboardInterrupt),
        Interruptions(say) as interruptions,
        interruptions.shielded(),
    ):
        interrupt()
        healed.append(True)
    assert healed


@pytest.fixture
def node(tmp_path: Path) -> Iterator[FakeNode]:
    fake = FakeNode("cp-1", tmp_path / "cp-1")
    yield fake
    fake.power_off()


class Struck(Session):
    """A signal comes at the worst moment: the healing was called for, and no shield is up yet."""

    struck = False

    def heal(self, *, within: timedelta | None = None) -> Healing:
        if not self.struck:
            self.struck = True
            interrupt()
        return super().heal(within=within)


class StruckTwice(Struck):
    """And another while the first one is on its way out."""

    def __exit__(
        self, t: type[BaseException] | None, e: BaseException | None, b: TracebackType | None
    ) -> None:
        interrupt()
        super().__exit__(t, e, b)


def kubelet_stops() -> Plan:
    target = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane"}))
    return registry()["kubelet-stop"].plan(
        Scene(targets=(target,)), variant="kill", hold=timedelta(seconds=20)
    )


class Slow(FakeNode):
    """What is written to it goes on being written when who asked for it was interrupted."""

    def run(self, command: str, *, timeout: timedelta) -> Result:
        if "base64" not in command:
            return super().run(command, timeout=timeout)
        with subprocess.Popen(["sh", "-c", f"sleep 0.3\n{command}"], env=self.environment) as done:
            interrupt()
        return Result(done.returncode, "", "")


def test_a_node_that_is_still_writing_keeps_nothing(tmp_path: Path) -> None:
    node = Slow("cp-1", tmp_path / "cp-1")
    try:
        with (  # noqa: PT012
            pytest.raises(KeyboardInterrupt),
            Session(
                state=tmp_path / "state", cluster_uid="u", nodes={"cp-1": node}, run=node.run_folder
            ) as session,
        ):
            session.arm(kubelet_stops())
            pytest.fail("it was interrupted")
        time.sleep(0.5)
        assert node.left_by_holdfast() == []
    finally:
        node.power_off()


@pytest.mark.parametrize("kind", [Struck, StruckTwice])
def test_no_signal_comes_between_an_interruption_and_its_healing(
    kind: type[Session], node: FakeNode, tmp_path: Path
) -> None:
    session = kind(
        state=tmp_path / "state", cluster_uid="u", nodes={"cp-1": node}, run=node.run_folder
    )
    with pytest.raises(KeyboardInterrupt), session:  # noqa: PT012
        session.arm(kubelet_stops())
        session.inject()
        if kind is StruckTwice:
            interrupt()
    assert node.sh("systemctl is-active kubelet.service").code == 0
    assert node.left_by_holdfast() == []
