"""A history survives whatever kills its recorder, and no write that was sent is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chaos.history.file import INF, History, begin
from chaos.history.lines import HistoryError, Invoked, Returned, Told, header_line, line
from chaos.history.operation import Change, Mark, Op, Result, Turn
from chaos.history.recorder.book import Book
from chaos.history.schema import history_schema
from selftests.unit.test_reports_schemas import meets

SCHEMA = history_schema()
LINES = [
    line(Invoked(1, "writer", Op.WRITE, "k", 10.0, {"value": "é:1"})),
    line(Returned(1, Result.OK, 10.5, {"version": 7, "class": "ok"})),
    line(Invoked(2, "swapper", Op.SWAP, "r", 10.6, {"value": "s", "expected": 0})),
    line(Invoked(3, "reader", Op.READ, "k", 10.7, {})),
    line(Returned(3, Result.OK, 10.8, {"version": 0, "value": None, "class": "ok"})),
    line(Told("objects", Mark(9.0, Turn.LISTED, {"k": (3, "old"), "gone": (2, None)}))),
    line(Told("objects", Change(10.51, "MODIFIED", "k", 7, "é:1"))),
    line(Told("objects", Mark(11.0, Turn.CLOSED, why="reset"))),
]


def read(file: Path, *lines: bytes) -> History:
    file.write_bytes(header_line() + b"".join(lines))
    return History.read(file)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    history = read(tmp_path / "h", *LINES)
    first, second, third = history.operations
    assert (first.op, first.value, first.version, first.ok) == (Op.WRITE, "é:1", 7, True)
    assert (first.invoked, first.returned, first.detail) == (10.0, 10.5, {"class": "ok"})
    assert (second.expected, second.result, second.returned) == (0, Result.UNKNOWN, INF)
    assert (third.value, third.version, third.ok) == (None, 0, True)
    assert history.watches["objects"] == (
        Mark(9.0, Turn.LISTED, {"k": (3, "old"), "gone": (2, None)}),
        Change(10.51, "MODIFIED", "k", 7, "é:1"),
        Mark(11.0, Turn.CLOSED, why="reset"),
    )
    assert history.torn == ()


def test_a_history_ends_with_the_last_thing_known(tmp_path: Path) -> None:
    late = line(Told("objects", Mark(1e9, Turn.OPENED)))
    assert read(tmp_path / "h", *LINES, late, LINES[0]).end == 1e9


def test_a_line_cut_anywhere_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    whole = read(tmp_path / "h", *LINES)
    for cut in range(1, len(LINES[0])):
        history = read(tmp_path / "h", *LINES, LINES[0][:cut])
        assert history.operations == whole.operations
        assert history.torn == (len(LINES) + 2,)


def test_an_empty_line_is_no_loss(tmp_path: Path) -> None:
    history = read(tmp_path / "h", LINES[0], b"\n", LINES[1])
    assert (len(history.operations), history.torn) == (1, ())


def test_a_write_whose_answer_was_never_noted_may_have_happened(tmp_path: Path) -> None:
    (cut,) = read(tmp_path / "h", LINES[0], LINES[1][:9]).operations
    assert (cut.value, cut.result, cut.returned) == ("é:1", Result.UNKNOWN, INF)


@pytest.mark.parametrize(
    "bad",
    [
        b"[]",
        b"7",
        b'["invoke",1]',
        b'["return",99,"ok",1.0,{}]',
        b'["invoke",1,"w","eat","k",1.0,{}]',
        b'["watch","o","opened","now",{}]',
        b'["other",1]',
        b'["change","o","ADDED","k",1.0,1,7]',
    ],
)
def test_what_is_no_line_is_told(tmp_path: Path, bad: bytes) -> None:
    history = read(tmp_path / "h", bad + b"\n", *LINES)
    assert history.torn == (2,)
    assert len(history.operations) == 3


def test_a_book_is_read_back_and_numbers_what_it_writes(tmp_path: Path) -> None:
    begin(tmp_path / "h")
    book = Book.of(str(tmp_path / "h"))
    assert Book.of(str(tmp_path / "h")) is book
    numbers = [book.invoke("writer", Op.WRITE, "k", value="a") for _ in range(3)]
    book.returned(numbers[1], Result.FAILED, status=409)
    book.change("objects", kind="ADDED", key="k", version=4, value="a")
    on_disk = History.read(tmp_path / "h")
    assert [o.number for o in on_disk.operations] == numbers == [1, 2, 3]
    assert [o.result for o in on_disk.operations][1] is Result.FAILED
    assert on_disk.operations[1].detail == {"status": 409}


def test_a_history_is_never_written_over(tmp_path: Path) -> None:
    begin(tmp_path / "h")
    with pytest.raises(HistoryError, match="there already"):
        begin(tmp_path / "h")
    with pytest.raises(HistoryError, match="cannot be written"):
        begin(tmp_path / "none" / "h")


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (b'{"format":"holdfast-timeline","version":1}\n', "its format is 'holdfast-timeline'"),
        (b'{"format":"holdfast-history","version":2}\n', "reads version 1"),
        (b'{"format":"holdfast-history","version":1}\n', "no header"),
        (b"", "no header"),
    ],
)
def test_what_is_no_history_is_told(tmp_path: Path, first: bytes, says: str) -> None:
    (tmp_path / "h").write_bytes(first)
    with pytest.raises(HistoryError, match=says):
        History.read(tmp_path / "h")
    with pytest.raises(HistoryError, match="cannot be read"):
        History.read(tmp_path / "none")


@pytest.mark.parametrize("text", [header_line(), *LINES])
def test_every_line_meets_the_schema(text: bytes) -> None:
    assert meets(json.loads(text), SCHEMA, SCHEMA)


@pytest.mark.parametrize(
    "value",
    [
        {},
        ["invoke", 1, "writer", "eat", "k", 1.0, {}],
        ["invoke", "1", "writer", "write", "k", 1.0, {}],
        ["return", 1, "fine", 1.0, {}],
        ["return", 1, "ok", 1.0, {"version": "7"}],
        ["change", "objects", "ADDED", "k", 1.0, "7", {}],
        ["watch", "objects", "lost", 1.0, {}],
        ["watch", "objects", "listed", 1.0, {"items": {"k": 7}}],
        ["watch", "objects", "opened", 1.0, {}, 1],
    ],
)
def test_what_is_no_line_does_not_meet_the_schema(value: Any) -> None:
    assert not meets(value, SCHEMA, SCHEMA)
