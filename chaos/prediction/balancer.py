"""How long HAProxy goes on sending to an apiserver that does not serve.

After a check has ended, however it ended, the next one begins `inter` later, or `fastinter` while
the server is between up and down. A check may take:

- to connect, TLS's handshake included: `inter`, or the smaller of `inter` and `timeout connect`
  where `timeout check` is set;
- from then on: `timeout check`; where that is not set, `inter` bounds the whole check.

So a frozen apiserver, whose kernel still accepts connections, is noticed in the handshake by a
check that speaks TLS, after `timeout check` by one that does not, and by one that only connects
never. What its kernel accepts for it has a limit too: once that queue is full, connecting itself
hangs. That is why a check without TLS has a range.

Sources: HAProxy 3.0 configuration manual, 5.2 (inter, fastinter, fall, rise, observe,
on-marked-down, check-ssl) and 4.2 (timeout check, timeout connect, retries, option redispatch);
src/check.c and src/tcpcheck.c of the same, where what begins when is plain. Seen with 3.0.11: a
frozen TLS server was down after 2.7 to 3.5 s with the lab's settings, where this says 2.5 to 3.5.
"""

from __future__ import annotations

from enum import Enum

from chaos.cluster.haproxy_retry import handed_on
from chaos.prediction.haproxy import Road
from chaos.prediction.interval import ENDLESS, INF, Interval, exactly, up_to
from chaos.prediction.lines import setting
from chaos.prediction.model import Term

# One exchange within a local network, and what a process needs to react to it: our allowance.
LAN = 0.1
ALLOWANCE = "an allowance of ours"


class Gone(Enum):
    """What somebody meets who asks an apiserver that does not serve."""

    REFUSED = "nothing listens: connections are refused, those that stood were reset"
    FROZEN = "its kernel accepts, and nobody answers"
    UNREACHABLE = "no packet comes back"
    UNREADY = "it answers that it is not ready"


def detection(road: Road, gone: Gone) -> tuple[Term, ...]:
    """Until the server is marked down, as terms one after another."""
    if not road.server.checked:
        never = f"{road.node}:{road.file.path}, server {road.server.name} without `check`"
        return (Term("the server is never checked", ENDLESS, never),)
    (inter, said_inter), (fast, said_fast), (fall, said_fall) = (
        road.inter,
        road.fastinter,
        road.fall,
    )
    each, why = _check(road, gone)
    wide = 1.0 + road.spread
    first = Interval(0.0, inter.total_seconds() * wide)
    pause = Interval(fast.total_seconds() * (1.0 - road.spread), fast.total_seconds() * wide)
    terms = [
        Term("until the next check begins", first, said_inter),
        Term(f"checks that fail, {fall} of them", each.times(fall), f"{why}; {said_fall}"),
    ]
    if fall > 1:
        name = f"pauses between them, {fall - 1} of them"
        terms.append(Term(name, pause.times(fall - 1), said_fast))
    if "observe" in road.server.options:
        # Connections of clients that fail count as failed checks: it may be far sooner.
        least = sum(term.interval.least for term in terms)
        source = f"{road.node}:{road.file.path}, server {road.server.name} observe"
        sooner = Interval(-least if least < INF else 0.0, 0.0)
        terms.append(Term("clients' own failures count as well", sooner, source))
    return tuple(terms)


def _check(road: Road, gone: Gone) -> tuple[Interval, str]:
    """How long one check takes to fail, and by which setting."""
    (inter, said_inter), (limit, said_limit) = road.inter, road.timeout("check")
    connect, said_connect = road.timeout("connect")
    bound, why = inter, said_inter
    if limit and connect and connect < inter:
        bound, why = connect, said_connect
    match gone:
        case Gone.REFUSED:
            return up_to(LAN), f"refused at once: {ALLOWANCE}"
        case Gone.UNREADY if road.asks == "httpchk":
            return up_to(LAN), f"answered at once: {ALLOWANCE}"
        case Gone.UNREADY:
            asked = f"option {road.asks}" if road.asks else "a check that only connects"
            return ENDLESS, f"{asked} does not ask whether it is ready"
        case Gone.UNREACHABLE:
            return exactly(bound), why
        case Gone.FROZEN if road.speaks_tls:
            return exactly(bound), f"the handshake hangs, bounded as connecting is: {why}"
        case Gone.FROZEN if road.asks:
            read, said = (limit, said_limit) if limit else (inter, said_inter)
            ends = sorted([bound.total_seconds(), read.total_seconds()])
            return Interval(*ends), f"{said}; {why} once its kernel accepts no more"
    return Interval(bound.total_seconds(), INF), f"it only connects; {why} once nobody accepts"


def redispatch(road: Road) -> tuple[Interval, str]:
    """How long a refused connection takes until another server gets it; endless: none does.

    Where the algorithm takes turns and another server is up, HAProxy does it at once. Else on the
    retry that the option's argument names (by default the last), and before each retry on the same
    server it pauses for the smaller of `timeout connect` and a second.
    """
    retries, said = road.retries
    line = setting(*road.at, "option", "redispatch")
    option = road.backend.options.get("redispatch")
    if option is None or not retries or road.servers == 1:
        return ENDLESS, "no option redispatch" if retries else said
    source = road.said(line, "option redispatch")
    at = handed_on(option, retries, turns=road.takes_turns)
    if at is None:
        return ENDLESS, source
    if road.takes_turns:
        return up_to(LAN), source
    connect, _ = road.timeout("connect")
    pause = min(1.0, connect.total_seconds()) if connect else 1.0
    return Interval(pause * (at - 1), pause * (at - 1) + LAN), f"{source}; {said}"
