"""What can go wrong in measuring itself, as opposed to in what is measured."""

from __future__ import annotations


class MeasureError(Exception):
    """A sentence for the user, without a traceback: what is wrong and, if known, what to do."""


class TimelineError(MeasureError):
    """A file is no timeline, or one of a version that this Holdfast cannot read."""


class SamplerError(MeasureError):
    """The sampler did not start, died early, or did not stop."""
