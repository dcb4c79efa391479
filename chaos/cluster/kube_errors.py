"""What can go wrong between us and the Kubernetes API, one sentence each with what to do."""

from __future__ import annotations

import errno
import json
import ssl
from enum import StrEnum

from urllib3 import exceptions as http

from chaos.cluster.access import ApiAccess
from chaos.errors import HoldfastError


class Trouble(StrEnum):
    """What stood in the way."""

    NAME = "name"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    NO_ROUTE = "no route"
    RESET = "reset"
    AUTHORITY = "authority"
    SERVER_NAME = "server name"
    SERVER_EXPIRED = "server expired"
    TLS = "tls"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    CONFLICT = "409"
    SERVER = "5xx"
    OTHER = "other"


class ApiError(HoldfastError):
    """The API did not give what it was asked for.

    Args:
        trouble: why, for those who act on it.
    """

    def __init__(self, trouble: Trouble, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.trouble = trouble


_CODES = {
    errno.ECONNREFUSED: Trouble.REFUSED,
    errno.ETIMEDOUT: Trouble.TIMED_OUT,
    errno.ENETUNREACH: Trouble.NO_ROUTE,
    errno.EHOSTUNREACH: Trouble.NO_ROUTE,
    errno.EINVAL: Trouble.NO_ROUTE,  # a blackhole route says so
    errno.ECONNRESET: Trouble.RESET,
    errno.EPIPE: Trouble.RESET,
}

_TOLD = {
    Trouble.NAME: (
        "the name {host} does not resolve here.",
        "Use its address as the kubeconfig's server, or a resolver that knows the name.",
    ),
    Trouble.REFUSED: (
        "{host}:{port} refuses connections.",
        "The machine is up and nothing listens there: see its balancer or apiserver.",
    ),
    Trouble.TIMED_OUT: (
        "{host}:{port} does not answer in time.",
        "It is off, cut off, or a firewall drops what is sent to it.",
    ),
    Trouble.NO_ROUTE: (
        "there is no route to {host}:{port}.",
        "See how this machine's network leads to it.",
    ),
    Trouble.RESET: (
        "{host}:{port} breaks the connection off.",
        "It may have no apiserver to send us to, or not speak TLS there.",
    ),
    Trouble.AUTHORITY: (
        "the certificate of {host}:{port} is not signed by the authority in {source}.",
        "The kubeconfig is that of another cluster, or older than this one: get it anew.",
    ),
    Trouble.SERVER_NAME: (
        'the certificate of {host}:{port} does not name "{name}".',
        "Add the name to the apiservers' certificates, or use one that they have.",
    ),
    Trouble.SERVER_EXPIRED: (
        "the certificate of {host}:{port} has expired.",
        "Renew it on the control planes: `kubeadm certs renew apiserver`.",
    ),
    Trouble.TLS: (
        "{host}:{port} ends the TLS handshake: {why}.",
        "See whether the client's certificate is of this cluster, and what listens there.",
    ),
    Trouble.OTHER: ("{host}:{port}: {why}.", ""),
}


def of_transport(error: BaseException, access: ApiAccess) -> ApiError:
    """The error for what went wrong before there was an answer."""
    trouble, why = _trouble(error)
    problem, remedy = _TOLD[trouble]
    told = problem.format(
        host=access.host,
        port=access.port,
        source=access.source,
        name=access.server_name or access.host,
        why=why,
    )
    return ApiError(trouble, f"The Kubernetes API: {told}", remedy)


def _trouble(error: BaseException) -> tuple[Trouble, str]:
    """The reason, from the innermost error that tells one."""
    chain: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and here not in chain:
        chain.append(here)
        reason = getattr(here, "reason", None)
        here = reason if isinstance(reason, BaseException) else here.__cause__ or here.__context__
    if any(isinstance(e, http.NameResolutionError) for e in chain):
        return Trouble.NAME, ""
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            return _verification(one), one.verify_message
        if isinstance(one, ssl.SSLEOFError):
            return Trouble.RESET, ""  # a balancer without servers hangs up so
        if isinstance(one, ssl.SSLError) and "timed out" not in str(one):
            return Trouble.TLS, str(one.reason or one).lower().replace("_", " ")
    # Before the time-outs: to urllib3 a refused connection is a kind of them.
    for one in chain:
        if isinstance(one, OSError) and one.errno in _CODES:
            return _CODES[one.errno], ""
    if any(isinstance(e, TimeoutError | http.TimeoutError) for e in chain):
        return Trouble.TIMED_OUT, ""
    if any(isinstance(e, http.ProtocolError) for e in chain):
        return Trouble.RESET, ""
    return Trouble.OTHER, str(chain[-1]) or type(chain[-1]).__name__


def _verification(error: ssl.SSLCertVerificationError) -> Trouble:
    # OpenSSL's X509_V_ERR_…: 10 has expired, 62 another host's, 64 another address's.
    return {10: Trouble.SERVER_EXPIRED, 62: Trouble.SERVER_NAME, 64: Trouble.SERVER_NAME}.get(
        error.verify_code, Trouble.AUTHORITY
    )


def of_status(status: int, body: bytes, path: str, access: ApiAccess) -> ApiError:
    """The error for an answer that is one."""
    try:
        message = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        message = body[:200].decode(errors="replace").strip()
    match status:
        case 401:
            return ApiError(
                Trouble.UNAUTHORIZED,
                f"The Kubernetes API does not know who we are (401): {access.source}.",
                "Its certificate or token is of another cluster, or has expired: get it anew.",
            )
        case 403:
            return ApiError(
                Trouble.FORBIDDEN,
                f"The Kubernetes API forbids {path} (403): {message}.",
                "Give the kubeconfig's user this right; `holdfast doctor` lists all that is used.",
            )
        case 404 | 409:
            trouble = Trouble.NOT_FOUND if status == 404 else Trouble.CONFLICT
            return ApiError(trouble, f"The Kubernetes API: {path}: {message} ({status}).")
        case _:
            trouble = Trouble.SERVER if status >= 500 else Trouble.OTHER
            told = f"The Kubernetes API answers {path} with {status}: {message}."
            return ApiError(trouble, told, "See the apiserver's log.")
