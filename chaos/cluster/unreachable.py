"""Why a machine could not be reached: each reason tells another story and has another remedy."""

from __future__ import annotations

import re
from enum import StrEnum

from chaos.errors import HoldfastError


class Reason(StrEnum):
    """What stood in the way."""

    NAME = "its name does not resolve"
    REFUSED = "the connection was refused"
    TIMED_OUT = "it did not answer in time"
    NO_ROUTE = "there is no route to it"
    CLOSED = "it closed the connection before anybody logged in"
    NO_KEY = "it accepts none of our keys"
    HOST_KEY_UNKNOWN = "its host key is not known"
    HOST_KEY_CHANGED = "its host key is another than the known one"
    CONFIG = "the SSH configuration cannot be used"
    NO_SUDO = "sudo wants a password"
    NO_CONTAINER = "there is no such container"
    LOST = "the connection broke off"
    OTHER = "it cannot be reached"


REMEDIES = {
    Reason.NAME: "Give its address in the inventory's url, or a name that resolves here.",
    Reason.REFUSED: "The machine is up: see whether sshd runs, and on which port.",
    Reason.TIMED_OUT: "It is off, cut off, or a firewall drops what is sent to it.",
    Reason.NO_ROUTE: "See how this machine's network leads to it.",
    Reason.CLOSED: "See its sshd's log: too many connections at once, or our address is barred.",
    Reason.NO_KEY: "Put our public key there, or name the right key in the inventory's url.",
    Reason.HOST_KEY_UNKNOWN: "Log in once by hand, or add its key to known_hosts.",
    Reason.HOST_KEY_CHANGED: "Find out why; if it was set up anew, renew its line in known_hosts.",
    Reason.CONFIG: "Correct the file that the inventory's url names.",
    Reason.NO_SUDO: "Allow sudo without a password there, or log in as root.",
    Reason.NO_CONTAINER: "See `docker ps` for the name, and the inventory's url.",
    Reason.LOST: "Whether the command ran is not known.",
}

# What OpenSSH and the container tools say, in the order in which they are looked for: the more
# special first, since ssh often adds a general line below it.
_SAID = (
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed", Reason.HOST_KEY_CHANGED),
    (r"Host key verification failed|No .* host key is known", Reason.HOST_KEY_UNKNOWN),
    (r"Could not resolve hostname|Name or service not known", Reason.NAME),
    (r"Bad configuration option|Can't open user config|terminating, \d+ bad", Reason.CONFIG),
    (r"Bad owner or permissions|no argument after keyword|extra arguments at end", Reason.CONFIG),
    (r"UNPROTECTED PRIVATE KEY FILE|invalid format|error in libcrypto", Reason.NO_KEY),
    (r"Permission denied|Too many authentication failures", Reason.NO_KEY),
    (r"Connection refused", Reason.REFUSED),
    (r"Timeout, server .* not responding", Reason.LOST),
    (r"timed out", Reason.TIMED_OUT),
    (r"No route to host|Network is unreachable|Invalid argument", Reason.NO_ROUTE),
    (r"kex_exchange_identification|Not allowed at this time|banner exchange", Reason.CLOSED),
    (r"Connection (closed|reset) by .* port", Reason.CLOSED),
    (r"a password is required|a terminal is required", Reason.NO_SUDO),
    (r"No such container|is not running", Reason.NO_CONTAINER),
    (r"closed by remote host|Broken pipe|Connection reset", Reason.LOST),
)


def reason_of(said: str) -> Reason | None:
    """The reason in what `ssh` or a container tool said; None if it says none."""
    for pattern, reason in _SAID:
        if re.search(pattern, said):
            return reason
    return None


class NodeError(HoldfastError):
    """Something went wrong between us and a node.

    Args:
        node: its name in the inventory.
    """

    def __init__(self, node: str, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.node = node


class NodeUnreachable(NodeError):
    """The node cannot be reached; nothing ran there, unless the reason is LOST.

    Args:
        where: the address or name that was tried.
        said: what the tool said, for reasons that are not known.
    """

    def __init__(self, node: str, where: str, reason: Reason, said: str = "") -> None:
        detail = said.strip().splitlines()[-1].strip() if said.strip() else ""
        why = f"{reason}: {detail}" if detail and reason is Reason.OTHER else str(reason)
        super().__init__(node, f"{node} ({where}): {why}.", REMEDIES.get(reason, ""))
        self.reason = reason


class NodeTimedOut(NodeError):
    """A command on a node did not end in time; it may have run, in part or whole."""


class CommandFailed(NodeError):
    """A command on a node ended with another code than 0."""
