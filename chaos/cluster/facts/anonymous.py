"""What was tried with no credentials at all, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymous:
    """A request without a certificate and without a token.

    Args:
        what: `apiserver`, `kubelet`, `etcd client`, `etcd peer`.
        node: whose, where it is in the inventory.
        address: `IP:PORT` that was asked, over TLS.
        path: what was asked for.
        status: the HTTP status that was answered; None where there was none.
        ended: why there was none: what the other side, or the way to it, said.
        reached: whether the other side was reached at all.
    """

    what: str
    node: str | None
    address: str
    path: str
    status: int | None
    ended: str = ""
    reached: bool = True
