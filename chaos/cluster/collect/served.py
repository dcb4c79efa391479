"""The certificates that apiservers really show, each asked directly and through the balancer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from chaos.cluster.collect.x509 import Authorities, of_der
from chaos.cluster.facts import NotAvailable, ServedCertificate
from chaos.cluster.parallel import together

LIMIT = timedelta(seconds=5)
# What OpenSSL calls a signature of somebody else; a certificate that expired is another question.
_BY_ANOTHER = frozenset({2, 7, 18, 19, 20, 21})
_FOREIGN = ": another authority signed it"
_APISERVERS = ("apiserver", "endpoint")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to look.

    Args:
        what: `apiserver`, `endpoint`, `kubelet`, `etcd client` or `etcd peer`.
        sni: the name in the handshake; an address cannot stand there.
    """

    what: str
    node: str | None
    host: str
    port: int
    sni: str


def look(
    asked: Iterable[Asked], *, ca: str | None, authorities: Authorities | None = None
) -> tuple[ServedCertificate, ...]:
    """A handshake with each.

    Args:
        ca: the authority that should have signed those of apiservers, as PEM; None: not looked at.
        authorities: those that may have signed any of them; None: not looked at.
    """
    tasks = {
        one: partial(_look, one, ca if one.what in _APISERVERS else None, authorities)
        for one in asked
    }
    return tuple(r for r in together(tasks).values() if isinstance(r, ServedCertificate))


def _look(asked: Asked, ca: str | None, authorities: Authorities | None) -> ServedCertificate:
    address = f"[{asked.host}]:{asked.port}" if ":" in asked.host else f"{asked.host}:{asked.port}"
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    der = _handshake(asked, anything)
    trusted: bool | None = None
    if ca and isinstance(der, bytes):
        trusted = _trusted(asked, ca)
    return ServedCertificate(
        what=asked.what,
        node=asked.node,
        address=address,
        asked=asked.sni,
        certificate=of_der(der, authorities) if isinstance(der, bytes) else der,
        trusted=trusted,
    )


def _trusted(asked: Asked, ca: str) -> bool | None:
    """Whether this authority signed it; None where that could not be told."""
    try:
        by_authority = ssl.create_default_context(cadata=ca)
    except (ssl.SSLError, ValueError):
        return None
    # Who signed it is one question, whom it names another, which the certificate answers.
    by_authority.check_hostname = False
    # On from Python 3.13: it refuses authorities without a key identifier, which clusters have.
    by_authority.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # As Go has it, by which clusters go: whoever is trusted needs nobody above.
    by_authority.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    seen = _handshake(asked, by_authority)
    if isinstance(seen, bytes):
        return True
    return False if seen.reason.endswith(_FOREIGN) else None


def _handshake(asked: Asked, context: ssl.SSLContext) -> bytes | NotAvailable:
    """What the server showed, as DER."""
    where = f"{asked.host}:{asked.port}"
    seconds = LIMIT.total_seconds()
    try:
        with (
            socket.create_connection((asked.host, asked.port), timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=asked.sni) as tls,
        ):
            return tls.getpeercert(binary_form=True) or NotAvailable(f"{where} showed none")
    except ConnectionRefusedError:
        return NotAvailable(f"{where} refuses connections")
    except TimeoutError:
        return NotAvailable(f"{where} does not answer within {seconds:g} s")
    except ssl.SSLCertVerificationError as error:
        foreign = error.verify_code in _BY_ANOTHER
        return NotAvailable(f"{where} shows one that is refused{_FOREIGN if foreign else ''}")
    except ssl.SSLError as error:
        return NotAvailable(f"{where} ends the TLS handshake: {error.reason or error}")
    except OSError as error:
        return NotAvailable(f"{where}: {error.strerror or error}")
