"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chaos.cluster.durations import format_duration, parse_duration

WRITTEN = {
    "30s": timedelta(seconds=30),
    "0.5s": timedelta(milliseconds=500),
    "250ms": timedelta(milliseconds=250),
    "1m30s": timedelta(seconds=90),
    "24h": timedelta(hours=24),
    "1.5h": timedelta(minutes=90),
    "30d": timedelta(days=30),
    "1d12h": timedelta(hours=36),
    " 5s ": timedelta(seconds=5),
    "0s": timedelta(),
}


@pytest.mark.parametrize(("text", "meant"), WRITTEN.items())
def test_they_are_read(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


@pytest.mark.parametrize("text", ["", "30", "s", "-5s", "5 s", "1w", "5S", "1s and more", ".5s"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration: write it as 30s"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["99999999999d", "36500d1s", f"{'9' * 400}h"])
def test_what_no_calendar_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than 36500d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(milliseconds=500), "0.5s"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=24), "1d"),
        (timedelta(hours=25, seconds=1.25), "1d1h1.25s"),
        (timedelta(seconds=-5), "-5s"),
    ],
)
def test_they_are_written_short(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@pytest.mark.parametrize("meant", WRITTEN.values())
def test_what_is_written_is_read_again(meant: timedelta) -> None:
    assert parse_duration(format_duration(meant)) == meant
