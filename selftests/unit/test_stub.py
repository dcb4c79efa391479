"""The stub whose truth is known: what goes wrong in it is told, and waited for by nobody."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from selftests.stub.server import Connection, Server
from selftests.stub.stub import Stub


def test_a_connection_that_its_peer_has_left_is_reset_without_a_word() -> None:
    connection = Connection(cast("Server", None), set(), 0)
    connection.connection_made(asyncio.Transport())  # its socket is gone, and `abort` would raise
    connection.reset()


def test_a_defect_of_its_own_ends_it() -> None:
    with Stub() as stub:
        stub.plan("refuse", at=0.0, length="none")  # type: ignore[arg-type]
        with pytest.raises(AssertionError, match="the stub died"):
            stub.truths()
