"""What the lab's tests look with."""

from __future__ import annotations

import http.client
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509


def live_certificate(address: str, port: int = 6443) -> x509.Certificate:
    """The certificate that a server shows, whoever signed it."""
    return x509.load_pem_x509_certificate(
        ssl.get_server_certificate((address, port), timeout=5).encode()
    )


def knock(address: str, port: int, *, patience: float) -> str:
    """What becomes of one connection: `connected`, `silence`, or the name of the error."""
    try:
        socket.create_connection((address, port), timeout=patience).close()
    except TimeoutError:
        return "silence"
    except OSError as error:
        return type(error).__name__
    return "connected"


@dataclass
class Readings:
    """When reads through an endpoint succeeded and failed, in seconds since the first."""

    good: list[float] = field(default_factory=list)
    bad: list[float] = field(default_factory=list)

    def longest_outage(self) -> float:
        """The longest time between two successes that has a failure in it."""
        edges = sorted(self.good)
        spans = itertools.pairwise(edges)
        return max((b - a for a, b in spans if any(a < x < b for x in self.bad)), default=0.0)


@contextmanager
def reading(address: str, *, every: float = 0.1) -> Iterator[Readings]:
    """Read /readyz over a new connection all the while, at a steady rate, one thread a read."""
    found, stop, threads = Readings(), threading.Event(), []
    context = ssl._create_unverified_context()  # who answers is judged elsewhere
    begun = time.monotonic()

    def read(at: float) -> None:
        connection = http.client.HTTPSConnection(address, 6443, timeout=1.0, context=context)
        try:
            connection.request("GET", "/readyz")
            fine = connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            fine = False
        finally:
            connection.close()
        (found.good if fine else found.bad).append(at)

    def drive() -> None:
        tick = 0
        while not stop.wait(max(0.0, begun + tick * every - time.monotonic())):
            thread = threading.Thread(target=read, args=(time.monotonic() - begun,), daemon=True)
            thread.start()
            threads.append(thread)
            tick += 1

    driver = threading.Thread(target=drive, daemon=True)
    driver.start()
    try:
        yield found
    finally:
        stop.set()
        driver.join()
        for thread in threads:
            thread.join()
