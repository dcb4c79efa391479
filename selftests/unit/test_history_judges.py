"""Each promise: kept by a store that keeps its word, and broken by every way of breaking it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chaos.history.file import INF, History
from chaos.history.judges import Judgement, judge, lost, older, swapped, twice, watched
from chaos.history.judges.judgement import MOST
from chaos.history.operation import ENDED, Change, Mark, Op, Operation, Result, Turn
from chaos.measure.verdict import Verdict, worst
from selftests.unit.history_support import HEADER, REGISTER, a_history, changed, place, retold

FAULT = 6.0
GOOD = a_history()


def an_operation(op: Op, begin: float, end: float, version: int, value: str | None) -> Operation:
    return Operation(0, "one", op, "k", begin, end, Result.OK, value, version, expected=0)


def of(*operations: Operation, told: tuple[Change | Mark, ...] = ()) -> History:
    ordered = sorted(operations, key=lambda o: o.invoked)
    numbered = tuple(replace(o, number=n) for n, o in enumerate(ordered, start=1))
    return History(HEADER, numbered, {"objects": told}, (), 99.0)


def broken(judgement: Judgement) -> tuple[str, ...]:
    assert judgement.verdict is Verdict.FAIL, judgement
    assert judgement.broken == len(judgement.evidence)
    return judgement.evidence


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("unknown", [0.0, 0.1, 0.5])
def test_a_store_that_keeps_its_word_passes(seed: int, unknown: float) -> None:
    judged = judge(a_history(seed=seed, unknown=unknown), fault=FAULT, floor=10)
    assert {one.verdict for one in judged} == {Verdict.PASS}, judged
    assert len({one.promise for one in judged}) == 5
    assert all(one.looked_at and not one.evidence for one in judged)


def test_a_lost_write_is_known_by_the_last_read() -> None:
    write = place(GOOD, op=Op.WRITE, key="ring-03")
    version = GOOD.operations[write].version
    last = place(GOOD, process="last", key="ring-03")
    (text,) = broken(lost.judge(changed(GOOD, last, version=version - 1, value="w:9"), floor=1))[
        -1:
    ]
    newest = max(o.version for o in GOOD.operations if o.key == "ring-03" and o.op is Op.WRITE)
    assert text.startswith("ring-03: writer's write of w:")
    assert f"acknowledged at version {newest}" in text
    assert f"older version {version - 1} with w:9" in text
    gone = broken(lost.judge(changed(GOOD, last, version=0, value=None), floor=1))
    assert all("is not there" in one for one in gone)


def test_one_version_with_two_values_is_a_lost_write() -> None:
    write = place(GOOD, op=Op.SWAP)
    made = GOOD.operations[write]
    (text,) = broken(lost.judge(changed(GOOD, write, value="s:other"), floor=1))
    assert f"version {made.version} is " in text
    assert f"{made.value} by the watch" in text
    assert "s:other by swapper's swap" in text


def test_what_was_not_acknowledged_may_be_there_or_not() -> None:
    for at in (place(GOOD, op=Op.WRITE), place(GOOD, op=Op.SWAP)):
        unsure = changed(GOOD, at, result=Result.UNKNOWN, version=0, returned=INF)
        assert worst(one.verdict for one in judge(unsure)) is Verdict.PASS
    asked = lost.judge(changed(GOOD, place(GOOD, op=Op.WRITE), result=Result.UNKNOWN, version=0))
    assert asked.reason.endswith("1 more were not acknowledged and may have happened")


def test_a_write_that_nobody_read_after_is_not_known_to_be_there() -> None:
    without = [o for o in GOOD.operations if o.process != "last" and o.key != "ring-05"]
    write = next(o for o in GOOD.operations if o.key == "ring-05" and o.op is Op.WRITE)
    judged = lost.judge(replace(GOOD, operations=(*without, write)), floor=1)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "no read came after" in judged.reason


def test_a_read_that_only_overlaps_the_write_does_not_show_that_it_is_lost() -> None:
    write = an_operation(Op.WRITE, 1.0, 2.0, 7, "a")
    read = an_operation(Op.READ, 1.9, 2.5, 6, "b")
    assert lost.judge(of(write, read), floor=1).verdict is Verdict.INCONCLUSIVE
    late = an_operation(Op.READ, 2.1, 2.5, 6, "b")
    assert lost.judge(of(write, late), floor=1).verdict is Verdict.FAIL


def test_a_value_that_comes_back_was_applied_twice() -> None:
    first = next(o for o in GOOD.operations if o.key == "ring-02" and o.op is Op.WRITE)
    newest = max(o.version for o in GOOD.operations) + 1
    again = Change(10.0, "MODIFIED", "ring-02", newest, first.value)
    (text,) = broken(twice.judge(retold(GOOD, lambda told: [*told, again]), fault=FAULT, floor=1))
    assert f"{first.value}, first at version {first.version}" in text
    assert f"again at version {newest} (the watch, +4.000 s)" in text


def test_a_label_that_somebody_sets_is_no_second_application() -> None:
    seen = [Change(1.0, "ADDED", "k", 5, "a"), Change(2.0, "MODIFIED", "k", 6, "a")]
    write = an_operation(Op.WRITE, 0.5, 1.0, 5, "a")
    assert twice.judge(of(write, told=tuple(seen)), floor=1).verdict is Verdict.PASS


def test_a_refused_write_that_is_there_was_sent_twice() -> None:
    at = place(GOOD, op=Op.SWAP)
    refused = changed(GOOD, at, result=Result.FAILED, version=0, detail={"status": 409})
    (text,) = broken(twice.judge(refused, floor=1))
    assert "was refused (409), and the watch shows it" in text
    assert str(GOOD.operations[at].value) in text


def test_a_swap_over_another_write_is_told_with_it() -> None:
    at = place(GOOD, op=Op.SWAP)
    before = max(o.version for o in GOOD.operations[:at] if o.op is Op.SWAP)
    stale = next(o for o in GOOD.operations[:at] if o.op is Op.SWAP and o.version < before)
    (text,) = broken(swapped.judge(changed(GOOD, at, expected=stale.version), floor=1))
    assert f"made for version {stale.version}" in text
    assert "over version" in text
    (text,) = broken(
        swapped.judge(changed(GOOD, at, expected=GOOD.operations[at].version), floor=1)
    )
    assert "which is not newer" in text


def test_a_stale_read_is_told_with_what_was_known_before() -> None:
    at = place(GOOD, op=Op.READ, process="reader-3")
    first = next(o for o in GOOD.operations if o.key == REGISTER and o.version)
    stale = changed(GOOD, at, version=first.version, value=first.value)
    (text,) = broken(older.judge(stale, fault=FAULT, floor=1))
    assert text.startswith("register: reader-3's read (")
    assert f"gave version {first.version} with {first.value}, and swapper's swap" in text
    absent = broken(older.judge(changed(GOOD, at, version=0, value=None), floor=1))
    assert "gave no object" in absent[0]


@pytest.mark.parametrize(
    ("begin", "verdict"), [(1.9, Verdict.PASS), (2.0, Verdict.PASS), (2.001, Verdict.FAIL)]
)
def test_order_is_judged_only_where_one_ended_before_the_other_began(
    begin: float, verdict: Verdict
) -> None:
    new = an_operation(Op.READ, 1.0, 2.0, 8, "b")
    old = an_operation(Op.READ, begin, 3.0, 7, "a")
    assert older.judge(of(new, old), floor=1).verdict is verdict


def test_order_is_judged_on_one_object_alone() -> None:
    new = an_operation(Op.READ, 1.0, 2.0, 8, "b")
    other = replace(an_operation(Op.READ, 3.0, 4.0, 7, "a"), key="another")
    assert older.judge(of(new, other), floor=1).verdict is Verdict.PASS


def middle(told: list[Change | Mark]) -> int:
    return len(told) // 2


def left_out(told: list[Change | Mark]) -> list[Change | Mark]:
    return [*told[: middle(told)], *told[middle(told) + 1 :]]


def repeated(told: list[Change | Mark]) -> list[Change | Mark]:
    return [*told[: middle(told)], told[middle(told)], *told[middle(told) :]]


def disordered(told: list[Change | Mark]) -> list[Change | Mark]:
    same = [n for n, one in enumerate(told) if isinstance(one, Change) and one.key == REGISTER]
    one, other = same[20:22]
    told[one], told[other] = told[other], told[one]
    return told


@pytest.mark.parametrize(
    ("tell", "says"),
    [
        (left_out, "never came, which was lost or left out; the watch told"),
        (repeated, "a second time"),
        (disordered, "after version"),
    ],
)
def test_a_watch_that_breaks_its_word_is_told_once(tell: object, says: str) -> None:
    (text,) = broken(watched.judge(retold(GOOD, tell), fault=FAULT, floor=1))  # type: ignore[arg-type]
    assert says in text
    assert text.partition(":")[0] in {o.key for o in GOOD.operations}


def cut_off(history: History, at: float, *marks: Mark, skip: float = 0.0) -> History:
    """The watch breaks off for `skip` seconds, in which nothing is told."""
    told = [
        what
        for what in history.watches["objects"]
        if isinstance(what, Mark) or not at < what.at < at + skip
    ]
    return retold(history, lambda _: sorted([*told, *marks], key=lambda one: one.at))


def items(history: History, at: float) -> dict[str, tuple[int, str | None]]:
    """What a list at this moment would have."""
    return {
        what.key: (what.version, what.value)
        for what in history.watches["objects"]
        if isinstance(what, Change) and what.at <= at
    }


def test_a_watch_that_goes_on_where_it_broke_off_has_no_gap() -> None:
    resumed = cut_off(GOOD, 7.0, Mark(7.0, Turn.CLOSED), Mark(7.2, Turn.OPENED))
    judged = watched.judge(resumed, fault=FAULT)
    assert judged.verdict is Verdict.PASS
    assert judged.reason.endswith("resumed 1 times")


def test_what_a_resumed_watch_leaves_out_is_a_gap_and_after_410_it_is_not() -> None:
    marks = [Mark(7.0, Turn.CLOSED), Mark(7.5, Turn.OPENED)]
    assert broken(watched.judge(cut_off(GOOD, 7.0, *marks, skip=0.5), fault=FAULT))
    marks[1:1] = [Mark(7.4, Turn.EXPIRED), Mark(7.45, Turn.LISTED, items(GOOD, 7.5))]
    judged = watched.judge(cut_off(GOOD, 7.0, *marks, skip=0.5), fault=FAULT)
    assert judged.verdict is Verdict.PASS, judged
    assert "had to list again after 410 1 times, " in judged.reason
    assert ", 0 changes not told" not in judged.reason


def test_what_was_left_out_before_a_410_is_a_gap_all_the_same() -> None:
    marks = [Mark(7.4, Turn.EXPIRED), Mark(7.45, Turn.LISTED, items(GOOD, 7.45))]
    history = cut_off(GOOD, 7.4, *marks, Mark(7.46, Turn.OPENED), skip=0.05)
    told = [w for w in history.watches["objects"] if isinstance(w, Change) and w.key == REGISTER]
    victim = next(w for w in told if w.at > 4.0)
    gap = retold(history, lambda lines: [w for w in lines if w is not victim])
    (text,) = broken(watched.judge(gap, fault=FAULT))
    assert f"version {victim.version}" in text


def test_a_watch_that_never_stood_proves_nothing() -> None:
    refused = [Mark(n / 5, Turn.REFUSED, why="it was answered with 403") for n in range(50)]
    judged = watched.judge(retold(GOOD, lambda _: list(refused)), fault=FAULT)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "it never stood: it was answered with 403" in judged.reason


def test_a_list_that_is_older_than_what_the_watch_had_told_is_told() -> None:
    old = Mark(7.45, Turn.LISTED, items(GOOD, 5.0))
    marks = [Mark(7.4, Turn.EXPIRED), old, Mark(7.5, Turn.OPENED)]
    judged = watched.judge(cut_off(GOOD, 7.4, *marks), fault=FAULT)
    assert judged.verdict is Verdict.FAIL
    assert "a list at +1.450 s has version" in judged.evidence[0]


def test_a_watch_that_is_not_there_again_though_reads_are_answered_is_told() -> None:
    marks = [Mark(7.0, Turn.CLOSED, why="ConnectionResetError")]
    marks += [Mark(7.0 + n / 5, Turn.REFUSED, why="503") for n in range(1, 30)]
    (text,) = broken(watched.judge(cut_off(GOOD, 7.0, *marks, skip=99.0), fault=FAULT))
    assert "broke off at +1.000 s (closed ConnectionResetError, then refused 503)" in text
    unread = replace(GOOD, operations=tuple(o for o in GOOD.operations if o.invoked < 8.0))
    judged = watched.judge(cut_off(unread, 7.0, *marks, skip=99.0), fault=FAULT)
    assert judged.verdict is Verdict.INCONCLUSIVE  # nothing else was answered either


@pytest.mark.parametrize(
    ("open_for", "verdict"), [(5.0, Verdict.FAIL), (1.0, Verdict.INCONCLUSIVE)]
)
def test_what_a_standing_watch_does_not_tell_in_time_is_a_gap(
    open_for: float, verdict: Verdict
) -> None:
    write = an_operation(Op.WRITE, 10.0, 10.1, 7, "a")
    read = an_operation(Op.READ, 10.2, 10.3, 7, "a")
    end = Mark(10.1 + open_for, Turn.CLOSED, why=ENDED)
    before = Change(0.5, "ADDED", "k", 5, "x")
    told = (Mark(0.0, Turn.LISTED), Mark(0.1, Turn.OPENED), before, end)
    assert watched.judge(of(write, read, told=told), floor=1).verdict is verdict


def test_too_little_before_the_fault_or_nothing_after_it_is_inconclusive() -> None:
    for fault, says in ((1.2, "too few "), (80.0, " after the fault")):
        for one in judge(GOOD, fault=fault):
            assert one.verdict is Verdict.INCONCLUSIVE
            assert says in one.reason
    assert {one.verdict for one in judge(GOOD, fault=FAULT)} == {Verdict.PASS}


def test_a_promise_broken_counts_however_little_was_done() -> None:
    at = place(GOOD, op=Op.READ, process="reader-3")
    stale = changed(GOOD, at, version=1, value="s:0")
    assert older.judge(stale, fault=1.0, floor=10_000).verdict is Verdict.FAIL


def test_of_many_breaches_the_first_are_told_and_all_are_counted() -> None:
    stale = [replace(o, version=1) if o.op is Op.READ and o.version else o for o in GOOD.operations]
    judged = older.judge(replace(GOOD, operations=tuple(stale)))
    assert len(judged.evidence) == MOST < judged.broken
    assert judged.reason.startswith(f"broken {judged.broken} times: ")


def test_nothing_recorded_is_inconclusive() -> None:
    assert {one.verdict for one in judge(of())} == {Verdict.INCONCLUSIVE}


@pytest.mark.parametrize("seed", range(5))
def test_any_acknowledged_write_can_be_missed(seed: int) -> None:
    """Whichever write is taken out of the world, and its watch event with it, it is told."""
    whole = a_history(seed=seed)
    written = [o for o in whole.operations if o.writes and o.ok]
    victim = random.Random(seed).choice(written)
    versions = [o for o in written if o.key == victim.key and o.version < victim.version]
    before = max(versions, key=lambda o: o.version, default=None)
    have = (before.version, before.value) if before else (0, None)
    without = tuple(
        replace(o, version=have[0], value=have[1])
        if o.op is Op.READ and (o.key, o.version) == (victim.key, victim.version)
        else o
        for o in whole.operations
    )
    told = tuple(
        what
        for what in whole.watches["objects"]
        if isinstance(what, Mark) or (what.key, what.version) != (victim.key, victim.version)
    )
    history = replace(whole, operations=without, watches={"objects": told})
    failed = [one for one in judge(history) if one.verdict is Verdict.FAIL]
    assert any(str(victim.value) in text for one in failed for text in one.evidence)
