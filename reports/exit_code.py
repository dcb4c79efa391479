"""The one place that says which exit code a verdict is."""

from __future__ import annotations

from chaos.measure.verdict import Verdict

PASSED = 0
NOT_PASSED = 1
UNHEALED = 4
INTERRUPTED = 130


def exit_code(verdict: Verdict, *, interrupted: bool = False) -> int:
    """The exit code of `holdfast`.

    Args:
        verdict: the run's. Where nothing at all could be looked at, nothing has passed.
        interrupted: somebody ended the run early. What is still broken is the worse news.
    """
    if verdict is Verdict.UNHEALED:
        return UNHEALED
    if interrupted:
        return INTERRUPTED
    return PASSED if verdict is Verdict.PASS else NOT_PASSED
