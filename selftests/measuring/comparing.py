"""What was measured, held against the truth. Pure: a timeline and what the stubs said they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace

from chaos.measure.degradation import Degradation
from chaos.measure.outage import Outage, outages
from chaos.measure.outcome import Outcome
from chaos.measure.span import Span, Spans
from chaos.measure.stall import clean
from chaos.measure.summary import Summary, stalls_of, summarize
from chaos.measure.timeline import Timeline
from selftests.measuring.looking import NEW, REUSED, Looked
from selftests.measuring.outages import Asked
from selftests.stub.stub import Truth

# Seconds around an edge in which a stall of the runner, or a probe that was blind, spoils it.
EDGE = 0.3

# Answers that say no at once: how long they took, what was good took as well.
REFUSED = {Outcome.CONNECT, Outcome.RESET, Outcome.SERVER_ERROR}

# How far to look for what belongs to a truth.
BEFORE, AFTER = 0.3, 1.2

# Whose turn comes round: the silent one of three is met by every third of the new connections.
TURN = 3

# Who asks in the last moment of these is kept waiting and answered: the lower bound knows less.
ANSWERED_AFTER = {"hung", "etcd leader killed"}

CLASSES = {
    "refused": {Outcome.CONNECT, Outcome.RESET},
    "reset": {Outcome.RESET},
    "5xx": {Outcome.SERVER_ERROR},
    "hung": {Outcome.TIMEOUT},
    # At its end the stub hangs up on whom it kept waiting.
    "silent": {Outcome.TIMEOUT, Outcome.RESET},
    "slow": {Outcome.TIMEOUT},
    "one of three": {Outcome.TIMEOUT, Outcome.RESET},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one probe made of one truth. Seconds.

    `valid`: neither the runner stood still nor was the probe blind at an edge. `count` is how many
    outages (of one backend of three: degradations) it was seen as: 0 is missed, 1 is right.
    `begin` and `end` are how much the upper bound is wider than the truth at either edge: below
    zero the truth reaches out of it. The end of a hang is a truth with two edges: the process goes
    on, and then it serves somebody; what lies between them is no error. `allowed` is one period and
    the latency of a sample just before, at or after an edge. `upper` is the length of the upper
    bound, `share` what failed of what was attempted. `wrong` says what else is not as it should be.
    """

    kind: str
    probe: str
    length: float
    valid: bool
    count: int
    begin: float
    end: float
    allowed: float
    upper: float
    share: float
    wrong: str

    @property
    def within(self) -> bool:
        """The truth lies within the upper bound."""
        return self.count == 1 and self.begin >= 0 and self.end >= 0

    @property
    def edge(self) -> float:
        """The larger error of the two edges."""
        return max(abs(self.begin), abs(self.end))

    def as_line(self) -> str:
        """For the evidence; `parse` reads it back, to the tenth of a millisecond."""
        return "; ".join(
            f"{value:.4f}" if isinstance(value, float) else str(value) for value in astuple(self)
        )

    @classmethod
    def parse(cls, line: str) -> Seen:
        """The reverse of `as_line`."""
        texts = line.split("; ", len(fields(cls)) - 1)
        kind, probe, length, valid, count, *numbers, wrong = texts
        begin, end, allowed, upper, share = map(float, numbers)
        return cls(
            kind, probe, float(length), valid == "True", int(count),
            begin, end, allowed, upper, share, wrong,
        )  # fmt: skip


def compare(looked: Looked) -> list[Seen]:
    """Every truth, as each probe of its stub saw it."""
    found = []
    for path, truths in looked.truths.items():
        for asked, truth in truths:
            for probe in (NEW, REUSED):
                # Kept connections leave a silent backend: how long it lasts, they do not see.
                if (asked.kind.name, probe) != ("one of three", REUSED):
                    name = f"{probe}@{path}"
                    found.append(seen(looked.timeline, asked, truth, probe=name))
    return found


def seen(timeline: Timeline, asked: Asked, truth: Truth, *, probe: str) -> Seen:
    """What a probe made of a truth."""
    span = truth.span
    summary = summarize(timeline, probe, since=span.begin - BEFORE, until=span.end + AFTER)
    period = summary.probe.period
    latency = _latency(timeline, probe, span)
    third = asked.kind.name == "one of three"
    every: Sequence[Outage | Degradation]
    if third:
        every = summary.degradations
    elif asked.kind.outage:
        every = summary.every_outage
    else:
        every = _lanes(timeline, probe)
    mine = [one for one in every if _meets(one.upper, span)]
    blank = Seen(
        kind=asked.kind.name,
        probe=probe.partition("@")[0],
        length=span.length,
        valid=_valid(timeline, summary, span),
        count=len(mine),
        begin=0.0,
        end=0.0,
        allowed=(TURN if third else 1) * period + latency,
        upper=0.0,
        share=0.0,
        wrong="",
    )
    if len(mine) != 1:
        return blank
    (one,) = mine
    return replace(
        blank,
        begin=span.begin - one.upper.begin,
        end=_late(one.upper.end, span.end, truth.served.get(summary.probe.kind, span.end)),
        upper=one.upper.length,
        share=one.share if isinstance(one, Degradation) else 1.0,
        wrong=", ".join(
            _wrong(
                *(asked, one, summary, span),
                edge=blank.allowed,
                ended=period + _latency_at(timeline, probe, one.upper.end),
            )
        ),
    )


def _late(end: float, truth: float, served: float) -> float:
    """How much later than the truth an end is, which lies between two moments; below 0: earlier."""
    return end - truth if end < truth else max(0.0, end - served)


def invented(looked: Looked) -> list[str]:
    """Outages that no stub had: each is one too many."""
    stalled, told = stalls_of(looked.timeline), []
    for path, truths in looked.truths.items():
        near = [Span(t.span.begin - EDGE, t.span.end + EDGE) for _, t in truths]
        for probe in (NEW, REUSED):
            for outage in summarize(looked.timeline, f"{probe}@{path}").every_outage:
                explained = any(span.begin <= outage.lower.begin <= span.end for span in near)
                if not explained and not stalled.seconds(outage.upper):
                    told.append(f"{outage.probe}: {outage.upper.length:.2f} s")
    return told


def _meets(upper: Span, truth: Span) -> bool:
    return upper.begin < truth.end and truth.begin < upper.end


def _latency(timeline: Timeline, probe: str, span: Span) -> float:
    """The longest latency of a good sample in the second before and the second after.

    And of the sample that an edge found under way, where it was refused at once.
    Latency counts from the intended start. How late samples at the edges began, this probe's or
    another's, is the sampler's own delay, and counts too: at the end of a hang it has a crowd of
    answers to work through.
    """
    found = [0.0]
    for sample in timeline.samples[probe]:
        before, after = span.begin - sample.start, sample.start - span.end
        if sample.outcome is Outcome.OK and (0 < before <= 1 or 0 < after <= 1):
            found.append(sample.latency)
        elif sample.outcome in REFUSED:
            under_way = (sample.due <= edge <= sample.end for edge in (span.begin, span.end))
            found += [sample.latency] if any(under_way) else []
    for samples in timeline.samples.values():
        found += [
            sample.lateness
            for sample in samples
            if abs(sample.due - span.begin) < EDGE or abs(sample.due - span.end) < EDGE
        ]
    return max(found)


def _latency_at(timeline: Timeline, probe: str, moment: float) -> float:
    """That of the success that ended at a moment: one that waited out the end of an outage."""
    ended = (s.latency for s in timeline.samples[probe] if s.end == moment)
    return max(ended, default=0.0)


def _valid(timeline: Timeline, summary: Summary, span: Span) -> bool:
    spoilt = (stalls_of(timeline), Spans(summary.unseen))
    edges = (
        Span(span.begin - EDGE, min(span.end, span.begin + EDGE)),
        Span(max(span.begin, span.end - EDGE), span.end + EDGE),
    )
    return not any(spans.seconds(edge) for spans in spoilt for edge in edges)


def _lanes(timeline: Timeline, probe: str) -> tuple[Outage, ...]:
    """Runs of slow samples, bounded as outages are: as if slow were down."""
    info, stalled = timeline.probe(probe), stalls_of(timeline)
    as_down = [
        replace(sample, outcome=Outcome.TIMEOUT) if sample.outcome is Outcome.SLOW else sample
        for sample in clean(timeline.samples[probe], stalled, timeout=info.timeout)
    ]
    return outages(as_down, unseen=Spans(), around=timeline.span)


def _wrong(
    asked: Asked,
    one: Outage | Degradation,
    summary: Summary,
    span: Span,
    *,
    edge: float,
    ended: float,
) -> Iterator[str]:
    # The last failed start is the tick before that of the success that ended it: a period and that
    # one's latency before the end, where a handshake was under way when the silence ended.
    kind = asked.kind.name
    if not asked.kind.outage:
        if summary.every_outage:
            yield "slow was taken for down"
        return
    if isinstance(one, Degradation):
        classes = {outcome for outage in one.outages for outcome in outage.classes}
        if summary.outages:
            yield "a row of blips beside the degradation"
    else:
        classes = set(one.classes)
        early = summary.probe.timeout if kind in ANSWERED_AFTER else 0.0
        if not span.begin - edge <= one.lower.begin <= span.begin + edge:
            yield "the lower bound begins elsewhere"
        if not span.end - early - max(edge, ended) <= one.lower.end <= span.end + edge:
            yield "the lower bound ends elsewhere"
    if not classes <= CLASSES.get(kind, set(Outcome)):
        yield f"classes {', '.join(sorted(classes))}"
