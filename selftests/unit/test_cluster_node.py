"""A node's commands: bounded in time, and what stands in the way told apart.

The machines here are this one (`local://`), an `ssh` that a script plays, and the real `ssh`
against loopback.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.cluster import backend
from chaos.cluster.backend import argv_of, run_bounded
from chaos.cluster.inventory_parts import NodePart, Role
from chaos.cluster.node import AT_ONCE, Node
from chaos.cluster.reach import Reach, parse_url
from chaos.cluster.shell import Questions
from chaos.cluster.unreachable import (
    REMEDIES,
    CommandFailed,
    NodeError,
    NodeTimedOut,
    NodeUnreachable,
    Reason,
    reason_of,
)
from chaos.errors import HoldfastError
from lab.wait import until

SECOND = timedelta(seconds=1)


def node(url: str = "local://", folder: Path = Path()) -> Node:
    part = NodePart(name="n-1", roles=(Role.WORKER,), zone="a", address="198.51.100.31", url=url)
    return Node.of(part, folder=folder)


def test_a_command_s_code_and_streams_are_its_own() -> None:
    done = node().run("echo out; echo err >&2; exit 7")
    assert (done.code, done.out, done.err, done.ok) == (7, "out\n", "err\n", False)
    assert node().run("true").ok


@pytest.mark.parametrize("code", [0, 1, 124, 126, 127, 137, 255])
def test_no_code_of_a_command_is_taken_for_ours(code: int) -> None:
    assert node().run(f"exit {code}").code == code


@pytest.mark.parametrize("text", ["printf 'no newline' >&2", "printf 'a\\n' >&2", "true"])
def test_its_errors_come_back_as_they_were(text: str) -> None:
    expected = {"printf 'no newline' >&2": "no newline", "printf 'a\\n' >&2": "a\n", "true": ""}
    assert node().run(text).err == expected[text]


def test_it_reads_what_it_is_given_and_else_nothing() -> None:
    assert node().run("cat", stdin="a 'b' %s\n").out == "a 'b' %s\n"
    assert node().run("cat").out == ""


def test_words_that_are_no_ascii_arrive() -> None:
    assert node().run("echo 'é %d'").out == "é %d\n"
    assert node().run("printf '\\377'").out == "�"


def test_testinfra_s_own_words_work() -> None:
    host = node().host
    assert host.file("/").is_directory
    assert host.check_output("echo %s", "it's") == "it's"


def test_a_command_that_takes_too_long_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(NodeTimedOut, match="n-1: a command took more than 1 s and was ended"):
        node().run("sleep 20", timeout=SECOND)
    assert time.monotonic() - begun < 4


def test_with_check_another_code_is_an_error() -> None:
    with pytest.raises(CommandFailed) as caught:
        node().run("echo first >&2; echo last >&2; exit 3", check=True)
    assert "n-1: `echo first" in str(caught.value)
    assert str(caught.value).endswith("ended with code 3: last")
    with pytest.raises(CommandFailed, match="it said nothing"):
        node().run("exit 3", check=True)
    assert caught.value.exit_code == 3


def test_several_questions_in_one_call() -> None:
    answers = node().ask(Questions.of({"a": "echo 1", "b": "exit 2"}))
    assert (answers["a"].out, answers["b"].code) == ("1\n", 2)


def test_twenty_calls_at_once() -> None:
    one = node()
    with ThreadPoolExecutor(20) as pool:
        outs = list(pool.map(lambda i: one.run(f"echo {i}").out, range(20)))
    assert outs == [f"{i}\n" for i in range(20)]


def test_no_more_at_once_than_sshd_takes(tmp_path: Path) -> None:
    one = node()
    seen = []
    gauge = f"touch {tmp_path}/$$; ls {tmp_path} | wc -l; sleep 0.2; rm {tmp_path}/$$"
    with ThreadPoolExecutor(20) as pool:
        seen = [int(done.out) for done in pool.map(lambda _: one.run(gauge), range(20))]
    assert 1 < max(seen) <= AT_ONCE


def test_waiting_for_one_s_turn_is_bounded() -> None:
    one = node()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(AT_ONCE):
            pool.submit(one.run, "sleep 1")
        time.sleep(0.3)
        with pytest.raises(NodeTimedOut, match="8 commands run there already"):
            one.run("true", timeout=timedelta(milliseconds=100))


def test_a_command_that_fits_into_no_call_is_told_so() -> None:
    with pytest.raises(NodeError, match="too long for one call"):
        node().run(f"echo {'x' * 200_000} >/dev/null")
    assert node().run("wc -c", stdin="x" * 200_000).out.strip() == "200000"


# A stand-in for ssh: says what it is told to its log (-E FILE), or runs the command here.
FAKE = """\
#!/bin/sh
while [ $# -gt 0 ]; do
    case "$1" in
        -E) log=$2; shift;;
        --) shift; host=$1; shift; break;;
    esac
    shift
done
{body}
"""
Play = Callable[[str], Node]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """A node whose `ssh` is this shell text, with $log, $host and the command in $1."""

    def played(body: str) -> Node:
        program = tmp_path / "ssh"
        program.write_text(FAKE.format(body=body))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return node("ssh://cp-1?timeout=1")

    return played


def test_ssh_runs_what_it_is_given(play: Play) -> None:
    done = play('[ "$host" = cp-1 ] && sh -c "$1"').run("echo $((6 * 7)) 'and' \"more\"")
    assert done.out == "42 and more\n"


def test_ssh_is_asked_to_speak_english(play: Play) -> None:
    assert play('LANG=$LC_ALL sh -c "echo $LC_ALL >&2; $1"').run("true").err == "C\n"


# As OpenSSH 9.2 and 10.0 write them.
SAID = {
    "ssh: connect to host cp-1 port 22: Connection refused": Reason.REFUSED,
    "ssh: connect to host cp-1 port 22: Connection timed out": Reason.TIMED_OUT,
    "Connection timed out during banner exchange": Reason.TIMED_OUT,
    "ssh: connect to host cp-1 port 22: No route to host": Reason.NO_ROUTE,
    "ssh: connect to host cp-1 port 22: Network is unreachable": Reason.NO_ROUTE,
    "ssh: connect to host cp-1 port 22: Invalid argument": Reason.NO_ROUTE,
    "ssh: Could not resolve hostname cp-1: Name or service not known": Reason.NAME,
    "ssh: Could not resolve hostname cp-1: Temporary failure in name resolution": Reason.NAME,
    "root@cp-1: Permission denied (publickey,password).": Reason.NO_KEY,
    "Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures": Reason.NO_KEY,
    'Load key "/k": invalid format': Reason.NO_KEY,
    "No ED25519 host key is known for cp-1 and you have requested strict checking.\n"
    "Host key verification failed.": Reason.HOST_KEY_UNKNOWN,
    "Host key verification failed.": Reason.HOST_KEY_UNKNOWN,
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
    "Host key for cp-1 has changed and you have requested strict checking.\n"
    "Host key verification failed.": Reason.HOST_KEY_CHANGED,
    "kex_exchange_identification: Connection closed by remote host\n"
    "Connection closed by 1.2.3.4 port 22": Reason.CLOSED,
    "kex_exchange_identification: read: Connection reset by peer": Reason.CLOSED,
    "Connection closed by 1.2.3.4 port 22": Reason.CLOSED,
    "/c: line 1: Bad configuration option: hostnam\n/c: terminating, 1 bad configuration options": (
        Reason.CONFIG
    ),
    "Can't open user config file /c: No such file or directory": Reason.CONFIG,
    "Bad owner or permissions on /root/.ssh/config": Reason.CONFIG,
    "Timeout, server 1.2.3.4 not responding.": Reason.LOST,
    "client_loop: send disconnect: Broken pipe": Reason.LOST,
    "something new": Reason.OTHER,
}


@pytest.mark.parametrize(("said", "reason"), SAID.items())
def test_what_ssh_says_is_told_apart(said: str, reason: Reason, play: Play) -> None:
    with pytest.raises(NodeUnreachable) as caught:
        play(f"cat >$log <<'END'\n{said}\nEND\nexit 255").run("true")
    assert caught.value.reason is reason
    assert str(caught.value).startswith("n-1 (cp-1): ")
    assert "\n" not in str(caught.value)
    assert caught.value.remedy == REMEDIES.get(reason, "")
    if reason is Reason.OTHER:
        assert "something new" in str(caught.value)


def test_every_reason_but_the_unknown_has_a_remedy() -> None:
    assert set(REMEDIES) == set(Reason) - {Reason.OTHER}


def test_what_a_command_says_is_not_taken_for_ssh_s_words(play: Play) -> None:
    done = play('sh -c "$1"').run("echo 'Connection refused' >&2; exit 255")
    assert (done.code, done.err) == (255, "Connection refused\n")


def test_a_connection_that_breaks_off_leaves_it_open_whether_it_ran(play: Play) -> None:
    with pytest.raises(NodeUnreachable, match=r"broke off\. Whether the command ran is not known"):
        play("echo half; exit 255").run("true")


def test_an_ssh_that_hangs_is_killed_with_all_it_started(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "GRACE", timedelta(seconds=0))
    begun = time.monotonic()
    hanging = play(f"sleep 60 & echo $! >{tmp_path}/child; wait")
    with pytest.raises(NodeTimedOut, match=r"no answer within 1 s\. Whether the command ran"):
        hanging.run("true", timeout=SECOND)
    assert time.monotonic() - begun < 5
    child = int((tmp_path / "child").read_text())
    # A process that was killed dies when it is next given a processor.
    until(lambda: is_dead(child), "the child dead", timeout=5, every=0.01)


def is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_holds_the_pipe_open_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.monotonic()
    away = "setsid sh -c 'sleep 5' & echo $!; sleep 60"
    outcome = run_bounded(["sh", "-c", away], limit=timedelta(milliseconds=300))
    assert outcome.code is None
    assert time.monotonic() - begun < 4


def test_without_ssh_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HoldfastError, match=r"There is no ssh here\. Install it\."):
        node("ssh://cp-1").run("true")


def test_how_ssh_is_called() -> None:
    reach = parse_url("ssh://root@cp-1:23?ssh_config=c&ssh_identity_file=k", Path("/i"))
    argv = argv_of(reach, "echo a b", "/log")
    assert argv[:4] == ["ssh", "-T", "-E", "/log"]
    assert argv[-3:] == ["--", "cp-1", "echo a b"]
    words = " ".join(argv)
    for part in ("-F /i/c", "-i /i/k", "-l root", "-p 23"):
        assert f" {part} " in words
    # It never asks, never waits for ever, and shares no connection.
    for option in ("BatchMode=yes", "ConnectTimeout=5", "ControlPath=none", "ControlMaster=no"):
        assert f" -o {option} " in words


def test_how_containers_are_called() -> None:
    argv = argv_of(Reach("docker", "kind-1"), "echo a", "/log")
    assert argv == ["docker", "exec", "--interactive", "kind-1", "sh", "-c", "echo a"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Error response from daemon: No such container: kind-1", Reason.NO_CONTAINER),
        ("Error response from daemon: container abc is not running", Reason.NO_CONTAINER),
        ("sudo: a password is required", Reason.NO_SUDO),
        ("nothing of the kind", None),
    ],
)
def test_what_others_say(said: str, reason: Reason | None) -> None:
    assert reason_of(said) is reason


def test_the_real_ssh_against_a_port_that_refuses() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NodeUnreachable) as caught:
        node(f"ssh://root@127.0.0.1:{port}").run("true")
    assert caught.value.reason is Reason.REFUSED


def test_the_real_ssh_against_one_that_never_speaks() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begun = time.monotonic()
        with pytest.raises(NodeUnreachable) as caught:
            node(f"ssh://root@127.0.0.1:{silent.getsockname()[1]}?timeout=1").run("true")
    assert caught.value.reason is Reason.TIMED_OUT
    assert time.monotonic() - begun < 4


def test_the_real_ssh_against_one_that_hangs_up() -> None:
    with socket.socket() as rude:
        rude.bind(("127.0.0.1", 0))
        rude.listen()

        def hang_up() -> None:
            rude.accept()[0].close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        with pytest.raises(NodeUnreachable) as caught:
            node(f"ssh://root@127.0.0.1:{rude.getsockname()[1]}").run("true")
        thread.join(5)
    assert caught.value.reason is Reason.CLOSED


def test_the_real_ssh_with_a_configuration_that_is_none(tmp_path: Path) -> None:
    config = tmp_path / "conf"
    config.write_text("Hostnam x\n")
    config.chmod(stat.S_IRUSR | stat.S_IWUSR)
    with pytest.raises(NodeUnreachable) as caught:
        node("ssh://x?ssh_config=conf", tmp_path).run("true")
    assert caught.value.reason is Reason.CONFIG
