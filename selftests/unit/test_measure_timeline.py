"""A timeline survives whatever kills its writers, and says what is missing."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.measure.errors import TimelineError
from chaos.measure.lines import event_line, header_for, header_line, parse_line, sample_line
from chaos.measure.outcome import Outcome
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import STOPPED, Event, Sample
from chaos.measure.schema import timeline_schema
from chaos.measure.span import Span
from chaos.measure.timeline import Appender, Timeline
from chaos.measure.writer import BatchWriter

PROBE = ProbeSpec("read", "api-read-new", "endpoint", "x:Y", 20.0, options={"token": "s3cret"})
SAMPLE = Sample("read", 10.0, 10.001, 10.5, Outcome.OK, {"peer": "é"})


def written(file: Path, *lines: bytes) -> Timeline:
    file.write_bytes(header_line(header_for([PROBE])) + b"".join(lines))
    return Timeline.read(file)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    event = Event(10.2, "inject", {"target": "cp-2"})
    late = replace(SAMPLE, start=9.0, due=9.0, outcome=Outcome.TIMEOUT, detail={})
    header = header_for([PROBE])
    appender = Appender.create(tmp_path / "t", header)
    appender.append(sample_line(SAMPLE) + sample_line(late))
    appender.append(event_line(event))
    appender.close()
    read = Timeline.read(tmp_path / "t")
    assert read.header == header
    assert read.samples == {"read": (late, SAMPLE)}  # in the order of their starts
    assert read.events == (event,)
    assert read.torn == ()
    assert read.span == Span(9.0, 10.5)


def test_no_option_of_a_probe_gets_into_the_file_or_its_repr(tmp_path: Path) -> None:
    Appender.create(tmp_path / "t", header_for([PROBE])).close()
    assert b"s3cret" not in (tmp_path / "t").read_bytes()
    assert "s3cret" not in repr(PROBE)


def test_the_time_that_should_have_been_sampled_ends_with_stopped(tmp_path: Path) -> None:
    stopped = event_line(Event(10.2, STOPPED))
    later = event_line(Event(99.0, "judged"))
    assert written(tmp_path / "t", sample_line(SAMPLE), stopped, later).span.end == 10.2
    assert written(tmp_path / "t", sample_line(SAMPLE), later).span.end == 99.0


def test_a_line_cut_anywhere_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    line = sample_line(SAMPLE)
    for cut in range(1, len(line)):
        read = written(tmp_path / "t", line, line[:cut])
        assert read.samples["read"] == (SAMPLE,)
        assert read.torn == (3,)


def test_an_event_after_a_torn_line_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "t"
    written(file, sample_line(SAMPLE)[:9])
    appender = Appender(file)
    appender.append(event_line(Event(11.0, "heal")))
    appender.append(event_line(Event(12.0, "end")))
    appender.close()
    read = Timeline.read(file)
    assert [event.kind for event in read.events] == ["heal", "end"]
    assert read.torn == (2,)


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"7\n",
        b"{}\n",
        b'["read",1,2,3,"odd"]\n',
        b'["other",1,2,3,"ok"]\n',
        b"\xff\n",
        b'["read",1,3,2,"ok"]\n',
        b'["read","1","2","3","ok"]\n',
    ],
)
def test_a_line_that_makes_no_sense_is_missing_and_told(tmp_path: Path, line: bytes) -> None:
    read = written(tmp_path / "t", line, sample_line(SAMPLE))
    assert read.torn == (2,)
    assert read.samples["read"] == (SAMPLE,)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no header"),
        (b"GET / HTTP/1.1\r\n", "no header"),
        (b'{"format": "other", "version": 1}\n', "format is 'other'"),
        (b'{"format": "holdfast-timeline", "version": 2}\n', "reads version 1"),
        (b'{"format": "holdfast-timeline", "version": 1}\n', "no header"),
        (b"[1]\n", "no header"),
    ],
)
def test_what_is_no_timeline_is_said_in_a_sentence(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(TimelineError, match=reason):
        Timeline.read(tmp_path / "t")


def test_neither_a_missing_file_nor_a_missing_probe_is_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match="cannot be read: No such file"):
        Timeline.read(tmp_path / "none")
    with pytest.raises(TimelineError, match="no probe write in this timeline; there are read"):
        written(tmp_path / "t").probe("write")


def test_a_timeline_is_never_written_over(tmp_path: Path) -> None:
    Appender.create(tmp_path / "t", header_for([PROBE])).close()
    with pytest.raises(TimelineError, match="there already"):
        Appender.create(tmp_path / "t", header_for([PROBE]))
    with pytest.raises(TimelineError, match="cannot be written"):
        Appender.create(tmp_path / "no" / "t", header_for([PROBE]))


def test_the_wall_clock_of_a_moment_is_the_headers_plus_the_difference(tmp_path: Path) -> None:
    read = written(tmp_path / "t")
    later = read.wall(read.header.monotonic + 2.5)
    assert later - read.header.wall == timedelta(seconds=2.5)
    assert read.header.wall.tzinfo is not None


def test_an_empty_line_has_lost_nothing(tmp_path: Path) -> None:
    """One writer looked while the other's line was half there, and so began a line of its own."""
    read = written(tmp_path / "t", sample_line(SAMPLE), b"\n", sample_line(SAMPLE))
    assert read.torn == ()
    assert read.samples["read"] == (SAMPLE, SAMPLE)


def test_two_writers_never_mix_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "t"
    first = Appender.create(file, header_for([PROBE]))

    def write(appender: Appender) -> None:
        for _ in range(300):
            appender.append(sample_line(SAMPLE) * 7)

    writers = [threading.Thread(target=write, args=(a,)) for a in (first, Appender(file))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    read = Timeline.read(file)
    assert len(read.samples["read"]) == 2 * 300 * 7
    assert read.torn == ()


def test_a_batch_is_on_disk_within_half_a_second(tmp_path: Path) -> None:
    Appender.create(tmp_path / "t", header_for([PROBE])).close()
    writer = BatchWriter(tmp_path / "t")
    writer.put(SAMPLE)
    threading.Event().wait(0.5)
    assert Timeline.read(tmp_path / "t").samples["read"] == (SAMPLE,)
    writer.put(SAMPLE)
    writer.close()
    assert len(Timeline.read(tmp_path / "t").samples["read"]) == 2


def test_a_full_disk_is_raised_and_not_passed_over(tmp_path: Path) -> None:
    os.symlink("/dev/full", tmp_path / "t")
    writer = BatchWriter(tmp_path / "t")
    writer.put(SAMPLE)
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    with pytest.raises(OSError, match="No space left"):
        writer.put(SAMPLE)


def test_the_schema_and_the_lines_agree() -> None:
    schema = timeline_schema()
    lines = {
        "header": header_line(header_for([PROBE])),
        "sample": sample_line(SAMPLE),
        "event": event_line(Event(1.0, "inject", {"a": [1]})),
    }
    for name, line in lines.items():
        fits = [kind for kind in schema["$defs"] if _meets(schema["$defs"][kind], json.loads(line))]
        assert fits == [name]
    without_detail = json.loads(sample_line(replace(SAMPLE, detail={})))
    assert _meets(schema["$defs"]["sample"], without_detail)
    assert not _meets(schema["$defs"]["sample"], [*without_detail[:4], "odd"])
    assert not _meets(schema["$defs"]["sample"], without_detail[:4])
    assert parse_line(lines["sample"]) == SAMPLE


def _meets(schema: dict[str, Any], value: Any) -> bool:
    """As much of JSON Schema as this schema uses."""
    types: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "number": (int, float),
        "boolean": bool,
    }
    named = schema.get("type", [])
    named = [named] if isinstance(named, str) else named
    if named and not any(isinstance(value, types[name]) for name in named):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        if not set(schema.get("required", [])) <= set(value):
            return False
        rest = schema.get("additionalProperties", True)
        return all(
            _meets(known[key], value[key]) if key in known else _allowed(rest, value[key])
            for key in value
        )
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        if len(value) < schema.get("minItems", 0):
            return False
        if any(not _meets(one, item) for one, item in zip(first, value, strict=False)):
            return False
        return all(_allowed(schema.get("items", True), item) for item in value[len(first) :])
    return True


def _allowed(rest: bool | dict[str, Any], value: Any) -> bool:
    return rest if isinstance(rest, bool) else _meets(rest, value)
