"""What HAProxy says of its own configuration: how it is asked, read and judged."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.cluster.collect import balancers, haproxy_check
from chaos.cluster.facts import UNREAD, NotAvailable
from chaos.cluster.inventory_parts import LoadBalancers
from chaos.cluster.shell import Said
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_support import good, known, told, verdict
from selftests.unit.test_cluster_collect_nodes import asked

ITEM = "balancer-config-valid"
# One that is started again by its master keeps what the master has told it.
ENVIRON = "ADMIN=a b\0HAPROXY_MWORKER_REEXEC=1\0NOTIFY_SOCKET=/run/n\0"
FAKE = r"""
[ -z "$HAPROXY_MWORKER_REEXEC$NOTIFY_SOCKET" ] || exit 9
echo "[NOTICE]   (1) : version is 3.0.0" >&2
echo "[WARNING]  (1) : config : $ADMIN" >&2
for word; do
    [ -e "$word" ] && grep -q no-such-word "$word" || continue
    echo "[ALERT]    (1) : config : parsing [$word:3] : password s3cret for '$ADMIN' in $PWD" >&2
    echo "[ALERT]    (1) : config : Fatal errors found in configuration." >&2
    exit 1
done
"""


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Ask a HAProxy that runs with these words, of files in the folder, of which one is wrong."""
    for name in ("id", "pidof", "haproxy"):
        text = {"id": "echo 0", "pidof": f"ls {tmp_path}/proc", "haproxy": FAKE}[name]
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "proc").mkdir()
    (tmp_path / "good one").write_text("global\n")
    (tmp_path / "bad").write_text("global\n  no-such-word\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def run(config: str, *processes: str) -> Said:
        for number, words in enumerate(processes, start=1):
            process = tmp_path / "proc" / str(number)
            process.mkdir()
            (process / "cmdline").write_text(words.replace("DIR", str(tmp_path)) + "\0")
            (process / "environ").write_text(ENVIRON)
        part = LoadBalancers(config=f"{tmp_path}/{config}")
        question = balancers.questions(part)[balancers.CHECK]
        return asked(question.replace("/proc/", f"{tmp_path}/proc/"))

    return run


GOOD, BAD = "haproxy\0-sf\x008\0-Ws\0-f\0DIR/good one", "haproxy\0-f\0DIR/bad"
BOTH = "haproxy\0-C\0DIR\0-Ws\0-f\0good one\0-p\0/run/p\0--\0bad"


@pytest.mark.parametrize(
    ("config", "processes", "complaint"),
    [
        ("good one", (), ""),
        ("bad", (), "parsing [DIR/bad:3] : password removed for '' in /"),
        ("good one", (GOOD,), ""),
        ("good one", (BAD, GOOD), ""),
        ("bad", (GOOD, BAD), "parsing [DIR/bad:3] : password removed for 'a b' in /"),
        ("other", (BOTH, GOOD), "parsing [bad:3] : password removed for 'a b' in DIR"),
    ],
)
def test_haproxy_is_asked_of_the_files_that_it_runs_with(
    ask: object, tmp_path: Path, config: str, processes: tuple[str, ...], complaint: str
) -> None:
    assert callable(ask)
    wanted = complaint.replace("DIR", str(tmp_path))
    assert haproxy_check.read(ask(config, *processes)) == (wanted and f"config : {wanted}")


def test_who_cannot_be_asked(ask: object, tmp_path: Path) -> None:
    assert callable(ask)
    why = f"HAProxy reads {tmp_path}/gone, which is not on the machine"
    assert haproxy_check.read(ask("gone")) == NotAvailable(why)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    assert haproxy_check.read(ask("bad")) == NotAvailable(
        "only root may read all that HAProxy does"
    )


@pytest.mark.parametrize(
    ("out", "read"),
    [
        ("code 0\n", ""),
        ("[ALERT] 320/101112 (7) : parsing [/h:3] : no\ncode 1\n", "parsing [/h:3] : no"),
        ("code 139\n", NotAvailable("haproxy -c ended with code 139")),
        ("", NotAvailable("it ended with code 0")),
    ],
)
def test_what_it_said(out: str, read: str | NotAvailable) -> None:
    assert haproxy_check.read(Said(0, out)) == read


@pytest.mark.parametrize(
    ("complaint", "ends", "says"),
    [
        ("", Verdict.PASS, "HAProxy of lb-2 takes its configuration"),
        ("parsing [/h:3] : no", Verdict.FAIL, "lb-2 would not start again: parsing [/h:3] : no"),
        (UNREAD, Verdict.NOT_COVERED, "HAProxy of lb-2 says of its configuration: nobody looked"),
    ],
)
def test_how_it_is_judged(complaint: str | NotAvailable, ends: Verdict, says: str) -> None:
    first, second = known(good().balancers)
    facts = replace(good(), balancers=(first, replace(second, complaint=complaint)))
    assert verdict(ITEM, facts) is ends
    assert says in told(ITEM, facts)
    assert verdict(ITEM, replace(good(), balancers=UNREAD)) is Verdict.NOT_COVERED
