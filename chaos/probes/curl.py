"""What curl's exit codes mean, where a machine asks in our place.

Source: curl(1), EXIT CODES.
"""

from __future__ import annotations

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes.classify import of_status

_CLASSES = {
    6: Outcome.DNS,
    7: Outcome.CONNECT,
    16: Outcome.RESET,
    28: Outcome.TIMEOUT,
    35: Outcome.TLS,
    52: Outcome.RESET,
    55: Outcome.RESET,
    56: Outcome.RESET,
    58: Outcome.TLS,
    60: Outcome.TLS,
    77: Outcome.TLS,
}

# Of a shell: no such program, not allowed to run it, killed. Says nothing of whom it would ask.
_NOT_RUN = frozenset({126, 127, 137, 143})


def of_exit(code: int) -> Outcome:
    """The class of an exit code other than 0."""
    if code in _NOT_RUN:
        return Outcome.NOT_SENT
    return _CLASSES.get(code, Outcome.WRONG)


def judged(code: int, status: str, attempt: Attempt) -> Outcome:
    """The class of one request by its exit code and status; what is not ok is noted."""
    if code:
        attempt.note(curl=code)
        return of_exit(code)
    outcome = of_status(int(status)) if status.isdigit() else Outcome.WRONG
    if outcome is not Outcome.OK:
        attempt.note(status=status)
    return outcome
