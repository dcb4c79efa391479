"""From what happened to a class of outcome: the one place that knows."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Awaitable

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes.h2_frames import GoneAway
from chaos.probes.http import BadAnswer

# The runner's own poverty: no files, no memory, no free port, our own firewall.
_OURS = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,
        errno.EPERM,
        errno.EACCES,
    }
)

_BY_STATUS = {
    401: Outcome.UNAUTHORIZED,
    403: Outcome.UNAUTHORIZED,
    409: Outcome.CONFLICT,
    429: Outcome.THROTTLED,
}


async def classified(attempt: Attempt, asking: Awaitable[Outcome]) -> Outcome:
    """The outcome of asking, whatever it raises; what was raised is noted.

    A cancellation (the sampler's time-out) passes through.
    """
    try:
        return await asking
    except BadAnswer as error:
        attempt.note(error=str(error)[:160])
        return Outcome.WRONG
    except GoneAway as error:
        if error.asked_to_move:
            attempt.note(why=f"{error}: asked to move, and the next attempt does")
            return Outcome.NOT_SENT
        attempt.note(phase=attempt.phase, error=str(error)[:160])
        return Outcome.GOAWAY
    except (OSError, EOFError) as error:
        attempt.note(phase=attempt.phase, error=f"{type(error).__name__}: {error}"[:160])
        return of_error(error, attempt.phase)


def of_error(error: OSError | EOFError, phase: str) -> Outcome:
    """The class of an error in a phase (`dns`, `connect`, `tls`, `answer`)."""
    if isinstance(error, socket.gaierror):
        return Outcome.DNS
    # A peer that hangs up in the middle, in TLS or in its answer.
    if isinstance(error, EOFError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Outcome.RESET
    if isinstance(error, ssl.SSLError):  # its errno is OpenSSL's: 1 is not EPERM
        return Outcome.TLS
    if error.errno in _OURS:
        return Outcome.NOT_SENT
    if isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return Outcome.RESET
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT  # the kernel's, ETIMEDOUT
    return Outcome.CONNECT if phase == "connect" else Outcome.RESET


def of_status(status: int) -> Outcome:
    """The class of an HTTP status; the content of a 2xx is for the probe to judge."""
    if 200 <= status < 300:
        return Outcome.OK
    if status >= 500:
        return Outcome.SERVER_ERROR
    return _BY_STATUS.get(status, Outcome.WRONG)
