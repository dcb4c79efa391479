"""How one attempt of a probe can end, and which of these ends are failures of the service."""

from __future__ import annotations

from enum import StrEnum

# Answered within the time-out, but later than this after the intended start: slow. In seconds. Of
# one question over a connection; a kind whose question takes longer by nature says its own.
SLOW_AFTER = 0.25


class Outcome(StrEnum):
    """The class of one sample; its value is what the timeline holds."""

    OK = "ok"
    SLOW = "slow"
    """Answered rightly, within the time-out, but late: more than 250 ms after the intended start,
    or what the kind of probe says instead."""
    DNS = "dns"
    """The name was not resolved, or not in time."""
    CONNECT = "connect"
    """No TCP connection: refused, or no way to the host."""
    TLS = "tls"
    """No TLS session: a wrong certificate, an alert, something that speaks no TLS."""
    TIMEOUT = "timeout"
    """Nothing, or not all, within the time-out; the detail's `phase` says where it hung."""
    RESET = "reset"
    """The peer broke the connection off, by a reset or by hanging up in the middle."""
    GOAWAY = "goaway"
    """HTTP/2: the peer closed the connection with an error, or before it had served anything, and
    did not handle the request. One that it asked to move to another connection is not_sent."""
    UNAUTHORIZED = "unauthorized"
    """401 or 403."""
    CONFLICT = "conflict"
    """409: the API works, and says that somebody else was faster."""
    THROTTLED = "throttled"
    """429."""
    SERVER_ERROR = "server_error"
    """5xx."""
    WRONG = "wrong"
    """An answer that is none to the question: another status, another content, no HTTP."""
    NOT_SENT = "not_sent"
    """We did not ask: too late, too many in flight, no file or port left. Or nobody handled what we
    asked, and nobody refused it. Says nothing of them."""

    @property
    def served(self) -> bool:
        """It proves that the service worked."""
        return self in _SERVED

    @property
    def answered(self) -> bool:
        """It is somebody's answer, though no service."""
        return self in _ANSWERED

    @property
    def failed(self) -> bool:
        """It counts as a failure of the service."""
        return not self.served and self is not Outcome.NOT_SENT


# The one place that says what a failure is: whatever neither proves service nor is our own doing.
# A 429 or a 403 is one, for its client was not served; a probe never tries again.
_SERVED = frozenset({Outcome.OK, Outcome.SLOW, Outcome.CONFLICT})

_ANSWERED = frozenset(
    {Outcome.UNAUTHORIZED, Outcome.THROTTLED, Outcome.SERVER_ERROR, Outcome.WRONG}
)
