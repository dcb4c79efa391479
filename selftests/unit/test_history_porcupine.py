"""What porcupine is given, what it says, and what is said where it is not to be had."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.history.file import History
from chaos.history.operation import Op, Result
from chaos.history.porcupine import Unfit, judge, register
from chaos.measure.verdict import Verdict
from selftests.unit.history_support import REGISTER, a_history, changed, place

GOOD = a_history()

# Where there is no Go, that is what must be said.
HERE = shutil.which("go") is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def said(history: History, folder: Path) -> Verdict:
    return judge(history, key=REGISTER, fault=6.0, folder=folder).verdict


def test_a_register_that_keeps_its_word(folder: Path) -> None:
    for unknown in (0.0, 0.2):
        history = a_history(unknown=unknown)
        assert said(history, folder) is (Verdict.PASS if HERE else Verdict.NOT_COVERED)


def test_a_stale_read_is_found_by_its_value_alone(folder: Path) -> None:
    at = place(GOOD, op=Op.READ, key=REGISTER)
    old = next(o.value for o in GOOD.operations if o.op is Op.SWAP)
    stale = changed(GOOD, at, value=old)
    assert said(stale, folder) is (Verdict.FAIL if HERE else Verdict.NOT_COVERED)


def test_a_lost_swap_is_found(folder: Path) -> None:
    at = place(GOOD, op=Op.SWAP)
    before = [o for o in GOOD.operations[:at] if o.op is Op.SWAP][-1]
    victim = GOOD.operations[at]
    without = [
        replace(o, value=before.value)
        if o.op is Op.READ and o.value == victim.value
        else replace(o, expected=before.version)
        if o.expected == victim.version
        else o
        for o in GOOD.operations
    ]
    lost = replace(GOOD, operations=tuple(without))
    assert said(lost, folder) is (Verdict.FAIL if HERE else Verdict.NOT_COVERED)


def until(history: History, moment: float) -> History:
    """Without the swaps that came later."""
    kept = (o for o in history.operations if o.op is not Op.SWAP or o.invoked <= moment)
    return replace(history, operations=tuple(kept))


def test_an_unanswered_swap_that_was_seen_may_come_until_the_end() -> None:
    at = place(GOOD, op=Op.SWAP)
    victim = GOOD.operations[at]
    silent = changed(GOOD, at, result=Result.UNKNOWN, version=0)
    given = register(until(silent, victim.invoked), REGISTER).operations
    *others, latest = sorted(given, key=lambda o: int(o["return"]))
    assert latest["value"] == victim.value
    assert latest["return"] > others[-1]["return"]
    assert latest["call"] == round(victim.invoked * 1e9)


def test_what_was_refused_or_never_seen_is_left_out() -> None:
    at = place(GOOD, op=Op.SWAP)
    value = GOOD.operations[at].value
    refused = changed(GOOD, at, result=Result.FAILED, value="nobody saw it")
    unseen = changed(GOOD, at, result=Result.UNKNOWN, value="nobody saw it")
    for history in (refused, unseen):
        given = register(until(history, GOOD.operations[at].invoked), REGISTER)
        assert "nobody saw it" not in {o["value"] for o in given.operations}
    assert value in {o["value"] for o in register(GOOD, REGISTER).operations}


def test_a_history_that_says_too_little_is_inconclusive(folder: Path) -> None:
    without = tuple(o for o in GOOD.operations if o.op is not Op.READ)
    with pytest.raises(Unfit, match="not read before"):
        register(replace(GOOD, operations=without), REGISTER)
    judged = judge(replace(GOOD, operations=without), key=REGISTER, folder=folder)
    assert judged.verdict is Verdict.INCONCLUSIVE
    at = place(GOOD, op=Op.SWAP)
    with pytest.raises(Unfit, match="the value of version 77"):
        register(changed(GOOD, at, expected=77), REGISTER)


def test_without_go_it_is_not_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    judged = judge(GOOD, key=REGISTER, folder=tmp_path)
    assert judged.verdict is Verdict.NOT_COVERED
    assert judged.reason == "this machine has no Go, which is needed to compile porcupine"


@pytest.mark.parametrize(
    ("go", "says"),
    [
        ("echo no module proxy >&2; exit 1", "cannot be compiled: no module proxy"),
        ("exit 0", "cannot be compiled"),
    ],
)
def test_what_go_cannot_compile_is_not_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go: str, says: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: _script(tmp_path / "go", go))
    judged = judge(GOOD, key=REGISTER, folder=tmp_path / "cache")
    assert judged.verdict is Verdict.NOT_COVERED
    assert says in judged.reason
    assert list((tmp_path / "cache").iterdir()) == []


# A Go that is given `build … -o FILE .` and makes a program that does something else.
GO = 'while [ "$1" != -o ]; do shift; done; printf "#!/bin/sh\\nCHECKER\\n" >"$2"; chmod 755 "$2"'


@pytest.mark.parametrize(
    ("checker", "verdict", "says"),
    [
        ("echo unknown", Verdict.INCONCLUSIVE, "the search took more than 30 s"),
        ("echo illegal", Verdict.FAIL, "register: no order of its operations fits"),
        ("echo ok", Verdict.PASS, "kept for 201 operations"),
        ("echo broken >&2; exit 2", Verdict.NOT_COVERED, "the checker failed: broken"),
    ],
)
def test_what_the_checker_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checker: str,
    verdict: Verdict,
    says: str,
) -> None:
    go = _script(tmp_path / "go", GO.replace("CHECKER", checker))
    monkeypatch.setattr(shutil, "which", lambda _name: go)
    judged = judge(GOOD, key=REGISTER, fault=6.0, folder=tmp_path / "cache")
    assert judged.verdict is verdict
    assert says in judged.reason
    monkeypatch.setattr(shutil, "which", lambda _name: None)  # it is kept: no Go any more
    assert judge(GOOD, key=REGISTER, fault=6.0, folder=tmp_path / "cache") == judged


def _script(file: Path, text: str) -> str:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)
