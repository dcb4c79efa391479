"""Waiting for a condition, with an end."""

from __future__ import annotations

from collections.abc import Callable

import tenacity

from lab.errors import LabError


def until(
    condition: Callable[[], object], what: str, *, timeout: float, every: float = 0.25
) -> None:
    """Return as soon as the condition holds.

    Args:
        condition: asked again and again; a LabError of it counts as not yet.
        what: what is waited for, as in "Not in time: {what}".
        timeout: seconds.
        every: seconds between two askings.

    Raises:
        LabError: it did not come to hold in time; the last reason is told.
    """
    retry = tenacity.Retrying(
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(every),
        retry=tenacity.retry_if_result(lambda held: not held)
        | tenacity.retry_if_exception_type(LabError),
    )
    try:
        retry(condition)
    except tenacity.RetryError as late:
        reason = late.last_attempt.exception()
        tail = f" Last: {reason}" if reason else ""
        raise LabError(f"Not within {timeout:.0f} s: {what}.{tail}") from None
