"""What a history is made of: operations, and what a watch told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

OBJECTS = "objects"
"""The name of the watch on the objects that are written."""

REGISTER = "holdfast-register"
"""The object that one client swaps and others read; all others are the ring's."""

ABSENT = 0
"""The version of an object that is not there."""


class Op(StrEnum):
    """What was asked for."""

    WRITE = "write"
    """Make it this value, whatever it is now."""
    SWAP = "swap"
    """Make it this value if its version is still the expected one: compare and swap."""
    READ = "read"
    """Tell its value, as a quorum has it."""


class Result(StrEnum):
    """What is known of an operation's effect."""

    OK = "ok"
    """It was acknowledged: it happened, between its invocation and its return."""
    FAILED = "failed"
    """It did not happen: it was refused, or never sent."""
    UNKNOWN = "unknown"
    """It may have happened, may yet happen, or never will."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one client on one object.

    Attributes:
        number: of its own in the history, in the order of the invocations.
        process: the client.
        key: the object.
        invoked: monotonic seconds at which it began; nothing was sent before.
        returned: monotonic seconds at which its result was known; infinite where it never was.
        value: what is to be written, never the same twice; of a read what was found, None where
            there was no object.
        version: the object's resourceVersion after it, where it was acknowledged; ABSENT if none.
        expected: of a swap, the version that it was made for.
        detail: the class of outcome, the status, the error.
    """

    number: int
    process: str
    op: Op
    key: str
    invoked: float
    returned: float
    result: Result
    value: str | None = None
    version: int = ABSENT
    expected: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """It was acknowledged."""
        return self.result is Result.OK

    @property
    def writes(self) -> bool:
        """It is one that changes the object."""
        return self.op is not Op.READ


@dataclass(frozen=True, slots=True)
class Change:
    """A watch told of one object at a monotonic moment (seconds).

    `kind` is the API's (ADDED, MODIFIED, DELETED). `value` is the object's, None where it was
    deleted.
    """

    at: float
    kind: str
    key: str
    version: int
    value: str | None = None


ENDED = "the recording ended"
"""Why a watch was closed when it was closed by us."""


class Turn(StrEnum):
    """What became of a watch itself."""

    LISTED = "listed"
    """All objects were read; what was before is not told any more."""
    OPENED = "opened"
    """The stream stands, and goes on from a version."""
    CLOSED = "closed"
    """The stream ended, or nothing was heard of it for too long."""
    REFUSED = "refused"
    """It could not be opened, or the objects not be listed."""
    EXPIRED = "expired"
    """410: the server does not know any more what came after that version."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A turn of a watch at a monotonic moment (seconds).

    `items` are the version and the value of each object, where they were listed; `why` is what is
    known of the reason.
    """

    at: float
    turn: Turn
    items: Mapping[str, tuple[int, str | None]] = field(default_factory=dict)
    why: str = ""
