"""What one server of several costs the requests that meet it."""

from __future__ import annotations

from chaos.cluster.facts import HaproxyBackend, NotAvailable
from chaos.cluster.settings import HaproxyFile, Settings
from chaos.prediction.balancer import ALLOWANCE, LAN, Gone, detection, redispatch
from chaos.prediction.client import Asks, Client, Way
from chaos.prediction.errors import Unpredictable
from chaos.prediction.haproxy import Road
from chaos.prediction.interval import INF, Interval, total, up_to
from chaos.prediction.model import Branch, Term

# Requests to each server between two of which none may be expected: with three servers in turn,
# (2/3)^9 of all stretches of nine have none.
GAPS = 3


def road_to(settings: Settings, *, name: str, address: str, without: frozenset[str]) -> Road:
    """The way from the balancer that clients reach to one apiserver.

    Args:
        name, address: the apiserver's node.
        without: balancers that are struck themselves; then the others are looked at.

    Raises:
        Unpredictable: no balancer's configuration is known, or the others differ.
    """
    left = {n: f for n, f in settings.haproxy.items() if n not in without}
    holder = settings.holder
    if not isinstance(holder, NotAvailable) and holder in left:
        left = {holder: left[holder]}
    known = {n: f for n, f in left.items() if isinstance(f, HaproxyFile)}
    if len(known) < len(left) or not known:
        why = [f"{n}: {f.reason}" for n, f in left.items() if isinstance(f, NotAvailable)]
        raise Unpredictable("; ".join(why) or "no balancer is known whose settings can be read")
    if len({f.text for f in known.values()}) > 1:
        raise Unpredictable(f"{' and '.join(known)} differ, and which one serves is not known")
    node, file = next(iter(known.items()))
    for backend in _serving(file, settings.port):
        for server in backend.servers:
            if server.host == address or name in (server.name, server.host.partition(".")[0]):
                return Road(node, file, backend, server)
    raise Unpredictable(f"{node} has no server that is known to be {name}")


def _serving(file: HaproxyFile, port: int) -> list[HaproxyBackend]:
    """The endpoint's backends first, then the others."""
    led = {
        name
        for frontend in file.config.frontends
        if any(bind.partition(" ")[0].endswith(f":{port}") for bind in frontend.binds)
        for name in frontend.backends
    }
    return sorted(file.config.backends, key=lambda backend: backend.name not in led)


def server_lost(
    road: Road, gone: Gone, client: Client, *, before: tuple[Term, ...] = ()
) -> tuple[Branch, ...]:
    """What a client suffers while the balancer still sends it to a server that does not serve.

    Args:
        before: what passes before the balancer can see anything.
    """
    if gone is Gone.REFUSED and not before:
        lost = _refused(road, client)
        if lost is not None:
            return lost
    found = (*before, *detection(road, gone))
    n, one = road.servers, client.way is Way.ONE
    if client.way is Way.KEPT and gone is Gone.UNREADY and not road.cuts_sessions:
        # Answers come, so nobody gives the connection up.
        where = f"{road.node}:{road.file.path}, no on-marked-down shutdown-sessions"
        found = (*found, Term("kept connections stay with it", Interval(0.0, INF), where))
    answered = gone is Gone.UNREADY and client.asks is Asks.HEALTH
    if n > 1 and client.way is Way.KEPT and not answered:
        # Each hangs once, and the next to be opened in its place most likely stands elsewhere.
        early = max(0.0, total(term.interval for term in found).least - client.turn)
        told = f"{client.slots} connections, one each {client.period:g} s"
        name = "kept connections that hung are opened anew, elsewhere"
        found = (*found, Term(name, Interval(-early, 0.0), told))
    if n > 1 and not one:
        gap = Interval(-GAPS * n * client.period, 0.0)
        told = f"one of {n} servers, at {1 / client.period:g} Hz"
        found = (*found, Term("the first and last request that meet it", gap, told))
    name = f"one server of {n} does not serve: {gone.value}; balance {road.backend.balance}"
    share = 1.0 if one else 1.0 / n
    branch = Branch(name, share, found, sure=n == 1 or (road.takes_turns and not one))
    return (branch, *_one_connection(road, gone, client))


def _one_connection(road: Road, gone: Gone, client: Client) -> tuple[Branch, ...]:
    """What keeps a client's only connection with a server after that is marked down."""
    if client.way is not Way.ONE or road.cuts_sessions or gone is Gone.REFUSED:
        return ()
    name = "its one connection stays with the server"
    if gone is Gone.UNREADY:
        where = f"{road.node}:{road.file.path}, no on-marked-down shutdown-sessions"
        return (
            Branch(name, 1.0, (Term("answers come on", Interval(0.0, INF), where),), sure=False),
        )
    silence = client.read_idle + client.ping_timeout
    source = "client-go: HTTP2_READ_IDLE_TIMEOUT_SECONDS + HTTP2_PING_TIMEOUT_SECONDS"
    terms = (
        Term("until pings tell", Interval(silence - client.period, silence), source),
        Term("a new connection", up_to(client.timeout), f"its time-out, {client.timeout:g} s"),
    )
    return (Branch(name, 1.0, terms, sure=False),)


def _refused(road: Road, client: Client) -> tuple[Branch, ...] | None:
    """What a refusal costs where another server gets the connection in time; else None."""
    waits, source = redispatch(road)
    if waits.most >= client.timeout:
        return None
    reset = Term("requests under way are reset", up_to(LAN), ALLOWANCE)
    passed = Term("a refused connection goes to another server", waits, source)
    terms = (passed,) if client.way is Way.NEW else (reset, passed)
    return (Branch("connections are handed on", 1.0 / road.servers, terms, sure=False),)
