"""What a balancer's machine tells. Passwords in its configuration never leave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chaos.cluster.addresses import has_address
from chaos.cluster.collect import haproxy_check
from chaos.cluster.facts import Balancer, HaproxyState, NotAvailable
from chaos.cluster.haproxy import parse_haproxy
from chaos.cluster.haproxy_stats import parse_stats
from chaos.cluster.inventory_parts import LoadBalancers
from chaos.cluster.keepalived import parse_keepalived
from chaos.cluster.shell import Said, quote

_T = TypeVar("_T")

ADDRESSES, CONFIG, STATS, KEEPALIVED = "addresses", "haproxy", "stats", "keepalived"
CHECK = "haproxy check"
_REDACT = (
    r"s/^([[:space:]]*stats[[:space:]]+auth)[[:space:]].*/\1 removed/; "
    r"s/((insecure-)?password|auth_pass)[[:space:]]+[^[:space:]]+/\1 removed/; "
    r"s/(Basic|Bearer)[[:space:]]+[^[:space:]]+/\1 removed/"
)


def questions(part: LoadBalancers | None) -> dict[str, str]:
    """What to ask a balancer's machine."""
    asked = {ADDRESSES: "ip -o addr show"}
    if part is None or part.kind != "haproxy":
        return asked
    asked[CONFIG] = f"sed -E {quote(_REDACT)} {quote(part.config)}"
    asked[CHECK] = haproxy_check.question(part.config, _REDACT)
    asked[STATS] = _stats(part.stats)
    if part.keepalived:
        asked[KEEPALIVED] = f"sed -E {quote(_REDACT)} {quote(part.keepalived)}"
    return asked


def _stats(where: str) -> str:
    if where.startswith(("http://", "https://")):
        return f"curl --silent --show-error --fail --max-time 5 {quote(f'{where};csv')}"
    socket, python = quote(where), "import socket,sys; s=socket.socket(socket.AF_UNIX)"
    python += "; s.connect(sys.argv[1]); s.sendall(b'show stat\\n')"
    python += "; sys.stdout.buffer.write(s.makefile('rb').read())"
    perl = "use IO::Socket::UNIX; $s=IO::Socket::UNIX->new(Peer=>$ARGV[0]) or die; "
    perl += 'print $s "show stat\\n"; print while <$s>'
    return f"""
[ -S {socket} ] || {{ echo there is no socket {socket} >&2; exit 1; }}
has() {{ command -v "$1" >/dev/null; }}
if has socat; then echo 'show stat' | socat -t 5 - UNIX-CONNECT:{socket}
elif has python3; then python3 -c {quote(python)} {socket}
elif has perl; then perl -e {quote(perl)} {socket}
elif has nc; then echo 'show stat' | nc -U {socket}
else echo there is no socat, python3, perl or nc to ask {socket} with >&2; exit 1; fi
"""


def read(
    node: str, answers: dict[str, Said], *, address: str | None, part: LoadBalancers | None
) -> Balancer:
    """What was answered."""
    if part is None:
        missing = NotAvailable("the inventory has no section load_balancers")
    else:
        missing = NotAvailable(f"its kind is {part.kind}, which is not looked into")
    has_config = CONFIG in answers
    return Balancer(
        node=node,
        holds_address=_holds(answers[ADDRESSES], address),
        config=_parsed(answers[CONFIG], parse_haproxy) if has_config else missing,
        states=states(answers[STATS]) if has_config else missing,
        complaint=haproxy_check.read(answers[CHECK]) if CHECK in answers else missing,
        keepalived=(
            _parsed(answers[KEEPALIVED], parse_keepalived) if KEEPALIVED in answers else None
        ),
    )


def states(said: Said) -> tuple[HaproxyState, ...] | NotAvailable:
    """How the running HAProxy has its servers, by what it answered to STATS."""
    return _parsed(said, parse_stats)


def _holds(said: Said, address: str | None) -> bool | NotAvailable:
    if address is None:
        return NotAvailable("the endpoint has no fixed address")
    if said.code:
        return NotAvailable(f"its addresses could not be read: {said.why}")
    return has_address(said.out, address)


def _parsed(said: Said, parse: Callable[[str], _T]) -> _T | NotAvailable:
    if said.code:
        return NotAvailable(said.why)
    try:
        return parse(said.out)
    except ValueError as wrong:
        return NotAvailable(str(wrong))
