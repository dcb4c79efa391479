"""Modules are fetched beside other work, by a process that ends with it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from lab.build import fetch, parts, toolchain
from lab.build.compile import Compiled
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import release
from selftests.unit.support import QUIET

RELEASE = release("1.36.2")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def compiled() -> list[Compiled]:
    wanted = parts.of(RELEASE, "compile", parts.architecture())
    return [part for part in wanted if isinstance(part, Compiled)]


def test_the_process_ends_with_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "pids"
    program = tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\nsleep 60 & echo "$$ $! $*" >{note}.new; mv {note}.new {note}; wait\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(toolchain, "find", lambda *_: None)
    with fetch.ahead(RELEASE, compiled(), QUIET):
        end = time.monotonic() + 20
        while not note.exists() and time.monotonic() < end:
            time.sleep(0.02)
    runner, sleeper, *words = note.read_text().split()
    assert words == ["-m", "lab.build.fetch", "1.36.2"]
    end = time.monotonic() + 5
    while Path("/proc", sleeper, "cmdline").exists() and time.monotonic() < end:
        time.sleep(0.02)
    for pid in (runner, sleeper):
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_nothing_is_fetched_where_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a Go was looked for")

    monkeypatch.setattr(toolchain, "find", never)
    for part in compiled():
        part.product.path.mkdir(parents=True)
    with fetch.ahead(RELEASE, compiled(), QUIET):
        pass


def test_what_cannot_be_fetched_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def one(part: Compiled, _: Progress) -> None:
        asked.append(part.module.what)
        raise LabError("no network")

    monkeypatch.setattr(Compiled, "fetch", one)
    compiled()[1].product.path.mkdir(parents=True)
    fetch.fetch(RELEASE, QUIET)
    assert asked == ["kubernetes", "coredns", "etcd", "cri-tools"]
