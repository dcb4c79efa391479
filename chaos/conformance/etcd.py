"""etcd's members."""

from __future__ import annotations

from chaos.cluster.facts import Declared, EtcdFacts, EtcdMember, Facts, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

FEWEST, MANY = 3, 7
MORE = "Join control planes (or members of etcd) until there are three."


def odd_number_of_voters(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Three voters or more, and an odd number of them."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    voters = len(etcd.voters)
    told = tolerance(etcd)
    if voters < FEWEST:
        findings.wrong.append(told)
    elif voters % 2 == 0:
        findings.wrong.append(
            f"{told}: no more than with {voters - 1}, so that one of them gains nothing and is "
            "one more that can fail"
        )
    elif voters > MANY:
        findings.wrong.append(f"{told}; with more than {MANY} each write waits for more of them")
    else:
        findings.good.append(told)
    answering = [m for m in etcd.voters if etcd.answering(m)]
    findings.good.append(f"{len(answering)} of {voters} answer now")
    if learners := [name_of(m) for m in etcd.members if m.learner]:
        findings.good.append(f"no voter yet: {listed(learners)}")
    return findings.outcome(remedy=MORE if voters < FEWEST else None)


def tolerance(etcd: EtcdFacts) -> str:
    """How many voters there are, and how many of them may be lost."""
    voters = len(etcd.voters)
    names = listed(name_of(m) for m in etcd.voters)
    lost = voters - etcd.quorum if voters else 0
    may = f"{lost} may be lost" if lost > 0 else "none may be lost"
    return f"{counted(voters, 'voter')} ({names}), quorum {etcd.quorum}: {may}"


def name_of(member: EtcdMember) -> str:
    """What a report calls a member."""
    return member.name or f"{member.id} (never started)"


def silent(etcd: EtcdFacts, findings: Findings) -> None:
    """Note the members that gave no status: what they would say is not known.

    One that never started has nothing to say.
    """
    said = {s.member for s in etcd.statuses}
    missing = [name_of(m) for m in etcd.members if m.started and m.id not in said]
    if missing:
        members = counted(len(missing), "member")
        findings.gap(f"the status of {members}", f"{listed(missing)} gave none")
