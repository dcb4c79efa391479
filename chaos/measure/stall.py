"""When the runner itself stood still, and which samples that spoils.

The control probe asks an echo server inside the sampler, over loopback. No cluster has a part in
it, so when it is late, slow or missing, the sampler was: stopped, starved of processor, killed, or
out of files or ports. What went wrong in such a window is not held against the cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans, holes

# Seconds that a start, or the control probe, may be late. Where the sampler may run in real time it
# is late by 1 ms (p99). As an ordinary process on a busy machine it goes over 100 ms, and there a
# sample no longer tells of the moment it was meant for: two periods of 20 Hz have gone by.
LATE = 0.1

# The names under which the sampler's own probe runs, in every timeline.
CONTROL = "control"


def stalls(control: Sequence[Sample], *, period: float, around: Span) -> Spans:
    """The windows in which the runner stalled.

    A control sample is good if it was answered at most LATE after its intended start. A stall is
    any stretch of more than one period plus LATE between the ends of two good ones: so a stop, a
    crawl, a dead sampler and lines lost from the file all look alike. As with an outage, it goes
    from the last proof of life before to the first one after. Without a control probe all of
    `around` is one stall.

    Args:
        control: the control probe's samples.
        period: its period in seconds.
        around: the time looked at.
    """
    good = [sample.end for sample in control if _good(sample)]
    return holes(good, wider_than=period + LATE, around=around)


def clean(samples: Iterable[Sample], stalled: Spans, *, timeout: float) -> tuple[Sample, ...]:
    """The samples that say something about the service, in their order.

    Left out is what was not sent, or sent more than LATE late, and what failed when a stall may
    have been the reason: a time-out that had less than half of its time outside of stalls, and any
    failure that was under way through half a time-out of them.

    The rest stays, in a stall too. A stall makes no success and refuses no connection; that an end
    was noted late makes an upper bound longer and never too short. Without them, the rush in which
    all that hung is answered, and in which a small machine stalls for a moment, would hide just
    the second in which the service came back.

    Args:
        samples: one probe's.
        stalled: what `stalls` found.
        timeout: the probe's, in seconds.
    """
    return tuple(s for s in samples if not _spoiled(s, stalled, timeout))


def undisturbed(samples: Iterable[Sample], stalled: Spans) -> list[Sample]:
    """The samples of which no part lies in a stall: those whose latency is the service's own."""
    return [s for s in samples if not stalled.seconds(Span(s.due, s.end))]


def _good(sample: Sample) -> bool:
    return sample.outcome is Outcome.OK and sample.latency <= LATE


def _spoiled(sample: Sample, stalled: Spans, timeout: float) -> bool:
    if sample.outcome is Outcome.NOT_SENT or sample.lateness > LATE:
        return True
    lost = stalled.seconds(Span(sample.start, sample.end))
    if sample.outcome.served or not lost:
        return False
    if sample.outcome in (Outcome.TIMEOUT, Outcome.DNS):
        return sample.end - sample.start - lost < timeout / 2
    return lost >= timeout / 2


def unseen(samples: Sequence[Sample], *, period: float, around: Span) -> Spans:
    """What one probe did not see: more than two periods without the start of a clean sample.

    So whatever lasts longer than two periods is either met by a sample or lies in one of these.
    """
    return holes([s.start for s in samples], wider_than=2 * period, around=around)
