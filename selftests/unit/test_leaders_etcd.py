"""etcd: two leaders of one term are found, and a term that lags behind is no second one."""

from __future__ import annotations

from chaos.leaders.facts import MemberStatus
from chaos.leaders.terms import judge
from chaos.measure.verdict import Verdict

FAULT = 10.0


def status(member: str, at: float, term: int, leader: str, *, at_once: bool = True) -> MemberStatus:
    """Of members whose ids are their names in capitals."""
    leads = at_once and leader == member.upper()
    end = at + 0.01
    return MemberStatus(
        member=member, begin=at, end=end, term=term, leader=leader, at_once=at_once, leads=leads
    )


def asked(*, at_once: bool = True) -> list[MemberStatus]:
    """Three members at 1 Hz, the leader gone at 10 s and another elected at 11 s."""
    told = []
    for second in range(20):
        for member in ("a", "b", "c"):
            if member == "a" and second >= 10:
                continue
            term, leader = (4, "A") if second < 10 else (5, "" if second == 10 else "B")
            told.append(status(member, second + 0.1, term, leader, at_once=at_once))
    return told


def test_one_leader_a_term_passes() -> None:
    judged = judge(asked(), fault=FAULT)
    assert judged.verdict is Verdict.PASS
    assert judged.reason == "kept for 2 terms in 50 statuses"


def test_two_leaders_in_one_term_fail_whenever_they_are_told() -> None:
    for at in (0.5, 15.5, 19.9):
        judged = judge([*asked(), status("a", at, 5, "A")], fault=FAULT)
        assert judged.verdict is Verdict.FAIL
        (text,) = judged.evidence
        assert text.startswith("term 5 has 2 leaders: ")
        assert "B by b at +1.110 s" in text
        assert f"A by a at {at + 0.01 - FAULT:+.3f} s" in text


def test_what_others_say_of_a_leader_is_a_doubt_and_no_proof() -> None:
    for other in (status("c", 15.5, 5, "A"), status("c", 15.5, 5, "D")):
        judged = judge([*asked(), other], fault=FAULT)
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert "term 5 has 2 leaders" in judged.reason
        assert "not each of them said so of itself" in judged.reason


def test_two_of_themselves_are_found_among_what_others_say() -> None:
    said = [status("c", 10.9, 5, "A"), *asked(), status("a", 12.0, 5, "A")]
    judged = judge(said, fault=FAULT)
    assert judged.verdict is Verdict.FAIL
    (text,) = judged.evidence
    assert "A by a at +2.010 s" in text
    assert "by c" not in text


def test_a_term_of_the_last_applied_entry_is_no_proof() -> None:
    behind = status("b", 10.5, 4, "B", at_once=False)  # elected, its first entry not applied yet
    judged = judge([*asked(at_once=False), behind], fault=FAULT)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "term 4 has 2 leaders" in judged.reason
    assert "last applied entry" in judged.reason
    assert judge(asked(at_once=False), fault=FAULT).verdict is Verdict.PASS


def test_without_a_leader_is_no_second_one() -> None:
    assert judge([*asked(), status("c", 12.0, 5, "")], fault=FAULT).verdict is Verdict.PASS


def test_members_that_were_not_asked_enough_are_inconclusive() -> None:
    late = [one for one in asked() if one.member != "c" or one.begin > 8]
    judged = judge(late, fault=FAULT)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert judged.reason == "c was asked 2 times before the fault, and 3 are wanted"
    before = [one for one in asked() if one.begin < FAULT]
    assert judge(before, fault=FAULT).reason == "no member answered after the fault"
    assert judge([], fault=FAULT).reason == "no member was asked"
