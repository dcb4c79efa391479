r"""Outages: unbroken runs of failures of one probe, with a lower and an upper bound.

Attempts overlap: with 20 a second and a time-out of one second, 20 can hang at once. So their
starts have one order and their ends another. A failure counts at its start: from then on it was
not served. A success proves service at one moment between its start and its end, which is not
known; an upper bound takes the one that makes it longer. An outage begins with a failed start, and
goes on until a success is complete that started after a failure was certain.

    the service   up____________________                                   _________up
                                        \_________________________________/
    attempts         |-ok-|   |-ok-|   |-ok (1)-|
                                          |----FAIL----|
                                               |----FAIL----|
                                                         |-----FAIL-----|
                                                                   |--ok (2)------|
                                                                        |--FAIL (3)--|
                                                                          |-ok (4)-|
    lower                                 [............................]
    upper                     [....................................................]

- Upper bound, left: the start of the last success *completed before the first failed start*. Not
  (1): it ended later, and may have been carried by what was left of the service. And not that
  success's end: the service may have gone while the answer was on its way. (Taking the end, 3 % of
  simulated outages reached out of their upper bounds at a latency of 5 ms, 19 % at 30 ms; so none.)
- Upper bound, right: the earliest end of a success *started after the first failure was certain*.
  Here that is (2). Had (4) ended earlier, it would be (4): who starts first may hang longest.
- Certain is who hangs, or is broken off, from its start on: nobody was there for it. Who is told no
  (a 5xx) is certain at that answer: until then it may have been under way in a service that was
  well, and others overtook it. (etcd's leader was killed while writes took half a second: those
  under way were answered with 500 after 0.3 s, one begun after them had been answered well before,
  and all later ones hung. That one proves no recovery.)
- Run: all failures started between. So (3) is no outage of its own: when it started, nothing had
  been served yet. It hung with the others and was unlucky in the rush after.
- Lower bound: from the first failed start of the run to the last. A time-out says only that there
  was no answer *from its start on*, so of a hanging service the begin is seen at once, and the
  end of the lower bound lies up to one time-out before the end of the hanging.

The truth lies within the upper bound, and each edge of that within one period plus the latency of
a good sample of the truth; no more is claimed. The lower bound may begin before the truth by that
latency: a request on its way when the service goes fails too. A service that hangs for less than
the time-out makes slow samples and no outage.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from operator import attrgetter

from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans

# Seconds of proven success after which what fails again is something new. Design: degradation.
QUIET = 1.0

_start, _end = attrgetter("start"), attrgetter("end")


@dataclass(frozen=True, slots=True)
class Outage:
    """An unbroken run of failures.

    `lower` and `upper` bound it (see the module). `began_before`: no success came before it, so
    the upper bound begins where the timeline does. `still_open`: none came after it, so the upper
    bound ends where the timeline does, and the truth may be longer. `known` is the moment at which
    the first of its failures was certain. `failed` counts samples, `classes` by class. `unseen` is
    how many seconds of the upper bound the probe was blind for. `certain` is the length, in
    seconds, of which it can be judged guilty whatever went on unseen: the upper bound where all of
    it was seen.
    """

    probe: str
    lower: Span
    upper: Span
    began_before: bool
    still_open: bool
    known: float
    failed: int
    classes: Mapping[Outcome, int]
    unseen: float
    certain: float

    def within(self, span: Span) -> bool:
        """It belongs to this time: known before its end, and lasting or known after its begin.

        By what is known, not by the first start: a request under way when a fault strikes started
        before it.
        """
        return self.known < span.end and max(self.lower.end, self.known) >= span.begin


def outages(samples: Sequence[Sample], *, unseen: Spans, around: Span) -> tuple[Outage, ...]:
    """All outages of one probe, in order.

    Args:
        samples: the clean ones, in the order of their starts.
        unseen: what the probe did not see.
        around: the time looked at; it bounds what is open.
    """
    failed = [sample for sample in samples if sample.outcome.failed]
    served = [sample for sample in samples if sample.outcome.served]
    # earliest[i]: the first end among those served that started as i-th or later.
    earliest = list(accumulate((s.end for s in reversed(served)), min))[::-1]
    by_end = sorted(served, key=_end)
    # latest[i]: the last start among those served that ended as i-th or earlier.
    latest = list(accumulate((s.start for s in by_end), max))
    # sure[i]: the first moment at which one of those that failed as i-th or later was certain.
    sure = list(accumulate((_certain_at(s) for s in reversed(failed)), min))[::-1]
    found = []
    while failed:
        first = failed[0].start
        before, after = (
            bisect_right(by_end, first, key=_end),
            bisect_right(served, sure[-len(failed)], key=_start),
        )
        upper = Span(
            latest[before - 1] if before else min(around.begin, first),
            earliest[after] if after < len(served) else max(around.end, failed[-1].start),
        )
        closed = after < len(served)
        run = failed[: bisect_left(failed, upper.end, key=_start)] if closed else failed
        failed = failed[len(run) :]
        certain = _certain(run, upper, unseen) if before and closed else run[-1].start - first
        found.append(
            Outage(
                probe=run[0].probe,
                lower=Span(first, run[-1].start),
                upper=upper,
                began_before=not before,
                still_open=not closed,
                known=min(sample.end for sample in run),
                failed=len(run),
                classes=Counter(sample.outcome for sample in run),
                unseen=unseen.seconds(upper),
                certain=certain,
            )
        )
    return tuple(found)


def _certain_at(failure: Sample) -> float:
    return failure.end if failure.outcome.answered else failure.start


def _certain(run: Sequence[Sample], upper: Span, unseen: Spans) -> float:
    """What remains when the service is given the benefit of everything unseen.

    Less than QUIET unseen is too short to have been a recovery: it is only taken off. Over more
    than that the service may have come back, and only the longest stretch beside it counts.
    """
    parts = unseen.parts(upper)
    wide = [part for part in parts if part.length >= QUIET]
    if not wide:
        return upper.length - sum(part.length for part in parts)
    breaks = [part.begin for part in wide]
    stretches = groupby((s.start for s in run), key=lambda start: bisect_left(breaks, start))
    lengths = []
    for _, stretch in stretches:
        moments = list(stretch)
        lengths.append(moments[-1] - moments[0])
    return max(lengths)
