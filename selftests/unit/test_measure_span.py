"""Stretches of time, against counting by the thousandth."""

from __future__ import annotations

import random

from chaos.measure.span import Span, Spans, holes


def test_what_overlaps_is_one_what_touches_is_two() -> None:
    spans = Spans([Span(4, 5), Span(1, 2), Span(2, 3), Span(1.5, 1.7), Span(4.5, 6)])
    assert list(spans) == [Span(1, 2), Span(2, 3), Span(4, 6)]


def test_seconds_within_agree_with_counting() -> None:
    rng = random.Random(1)
    for _ in range(200):
        spans = [Span(a, a + rng.randrange(1, 20)) for a in rng.choices(range(100), k=6)]
        begin = rng.randrange(100)
        within = Span(begin, begin + rng.randrange(1, 60))
        counted = sum(
            any(span.begin <= tick < span.end for span in spans)
            for tick in range(int(within.begin), int(within.end))
        )
        assert Spans(spans).seconds(within) == counted
        for moment in (within.begin, within.end):
            held = any(span.begin <= moment <= span.end for span in spans)
            assert Spans(spans).holds(moment) == held


def test_holes_are_what_is_wider_than_allowed_edges_included() -> None:
    found = holes([1, 2, 2.5, 5], wider_than=1, around=Span(0, 7.5))
    assert list(found) == [Span(2.5, 5), Span(5, 7.5)]
    assert list(holes([], wider_than=1, around=Span(0, 3))) == [Span(0, 3)]


def test_a_hole_of_just_the_width_is_none() -> None:
    assert not len(holes([0.1 * n for n in range(1, 10)], wider_than=0.1, around=Span(0, 1)))
