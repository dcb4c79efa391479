"""How long HAProxy goes on sending to a server that does not serve."""

from __future__ import annotations

import re

import pytest

from chaos.prediction.balancer import Gone, detection, redispatch
from chaos.prediction.haproxy import Road
from chaos.prediction.interval import INF, Interval, total
from chaos.prediction.lines import option, setting
from selftests.unit.prediction_support import GUIDE, LAB_HAPROXY, OLD_GUIDE, haproxy_file


def road(text: str) -> Road:
    """The way to cp-1."""
    file = haproxy_file(text)
    backend = next(one for one in file.config.backends if one.servers)
    server = next(one for one in backend.servers if one.name == "cp-1")
    return Road("lb-1", file, backend, server)


def seen(text: str, gone: Gone) -> Interval:
    return total(term.interval for term in detection(road(text), gone))


def approximately(interval: Interval) -> object:
    return pytest.approx((interval.least, interval.most))


@pytest.mark.parametrize(
    ("text", "gone", "least", "most"),
    [
        # A second until the next check, two checks of a second each, half a second between.
        (LAB_HAPROXY, Gone.FROZEN, 2.5, 3.5),
        (LAB_HAPROXY, Gone.UNREACHABLE, 2.5, 3.5),
        (LAB_HAPROXY, Gone.REFUSED, 0.5, 1.7),
        (LAB_HAPROXY, Gone.UNREADY, 0.5, 1.7),
        # Nothing but `check`: inter 2 s, fall 3, and pauses of inter.
        (GUIDE, Gone.FROZEN, 10, 12),
        (GUIDE, Gone.UNREACHABLE, 10, 12),
        (GUIDE, Gone.REFUSED, 4, 6.3),
        # It waits for an answer once it is connected: timeout check, unless the kernel's queue of
        # connections is full, which each check of a frozen server fills a little more.
        (OLD_GUIDE, Gone.FROZEN, 10, 36),
        (OLD_GUIDE, Gone.UNREACHABLE, 10, 12),
    ],
)
def test_the_settings_add_up(text: str, gone: Gone, least: float, most: float) -> None:
    assert (least, most) == approximately(seen(text, gone))


# n = 4, 3 and 3 for a frozen server, 3 each for one that was killed: HAProxy 3.0.11 on loopback,
# with a TLS server of a long queue that was sent SIGSTOP or SIGKILL.
@pytest.mark.parametrize(
    ("text", "gone", "measured"),
    [
        (LAB_HAPROXY, Gone.FROZEN, [2.702, 3.453, 2.966, 3.442]),
        (GUIDE, Gone.FROZEN, [11.244, 11.921, 10.466, 10.946]),
        (OLD_GUIDE, Gone.FROZEN, [35.906, 34.593, 35.094]),
        # Its queue was full from the second check on.
        (OLD_GUIDE, Gone.FROZEN, [19.226]),
        (LAB_HAPROXY, Gone.REFUSED, [1.257, 1.039, 1.339]),
        (GUIDE, Gone.REFUSED, [5.642, 4.532, 5.828]),
    ],
)
def test_what_was_measured_lies_within(text: str, gone: Gone, measured: list[float]) -> None:
    said = seen(text, gone)
    assert [one for one in measured if not said.least <= one <= said.most] == []


def without(text: str, line: str) -> str:
    found = re.sub(rf"(?m)^ *{line}.*\n", "", text)
    assert found != text
    return found


def test_without_timeout_check_inter_bounds_the_whole_check() -> None:
    assert seen(without(OLD_GUIDE, "timeout check"), Gone.FROZEN) == seen(GUIDE, Gone.FROZEN)


def test_a_short_timeout_connect_bounds_connecting_where_timeout_check_is_set() -> None:
    short = GUIDE.replace("timeout connect         5s", "timeout connect 1s")
    assert approximately(seen(short, Gone.UNREACHABLE)) == (3 * 1 + 2 * 2, 3 * 1 + 2 * 2 + 2)
    alone = without(short, "timeout check")
    assert seen(alone, Gone.UNREACHABLE) == seen(GUIDE, Gone.UNREACHABLE)


def test_a_check_that_only_connects_never_notices_a_frozen_server() -> None:
    text = without(without(without(GUIDE, "option httpchk"), "http-check connect"), "http-check")
    assert seen(text, Gone.FROZEN).most == INF
    assert seen(text, Gone.UNREACHABLE) == seen(GUIDE, Gone.UNREACHABLE)


def test_who_does_not_ask_for_readiness_never_hears_of_it() -> None:
    assert seen(OLD_GUIDE, Gone.UNREADY).least == INF


def test_a_server_without_check_is_never_taken_out() -> None:
    assert seen(GUIDE.replace(" check verify", " verify"), Gone.REFUSED).least == INF


def test_observe_may_be_sooner_and_never_later() -> None:
    text = GUIDE.replace("check verify none", "check observe layer4 verify none")
    assert approximately(seen(text, Gone.FROZEN)) == (0, 12)


def test_spread_checks_widen_both_ways() -> None:
    text = f"global\n    spread-checks 50\n{GUIDE}"
    assert approximately(seen(text, Gone.UNREACHABLE)) == (6 + 2 * 1, 6 + 2 * 3 + 3)


def test_each_term_names_its_line_or_the_default() -> None:
    lines = LAB_HAPROXY.splitlines()
    number = next(n for n, text in enumerate(lines, 1) if "default-server" in text)
    sources = [term.source for term in detection(road(LAB_HAPROXY), Gone.UNREACHABLE)]
    assert all(f"lb-1:haproxy.cfg:{number} " in source for source in sources)
    sources = [term.source for term in detection(road(GUIDE), Gone.UNREACHABLE)]
    assert all("default of HAProxy 3.0" in source for source in sources)


def test_a_line_of_the_section_counts_before_one_of_defaults() -> None:
    text = "defaults\n  timeout check 1s\nbackend a\n  timeout check 2s\nbackend b\n  mode tcp\n"
    for backend, number in (("a", 4), ("b", 2)):
        line = setting(text, backend, "timeout", "check")
        assert line
        assert line.number == number
    text = "defaults\n default-server inter 1s\nbackend a\n server x 1:1 check inter 2s\n"
    line = option(text, "a", "x", "inter")
    assert line
    assert line.number == 4


@pytest.mark.parametrize(
    ("balance", "retries", "words", "least"),
    [
        ("roundrobin", 1, "option redispatch", 0),
        ("leastconn", 3, "option redispatch 1", 0),
        ("leastconn", 3, "option redispatch", 2),
        ("leastconn", 3, "option redispatch 2", 1),
        ("leastconn", 3, "option redispatch -2", 1),
        ("leastconn", 3, "option redispatch 0", INF),
        ("leastconn", 0, "option redispatch", INF),
        ("roundrobin", 3, "no option redispatch", INF),
    ],
)
def test_who_gets_a_refused_connection_instead(
    balance: str, retries: int, words: str, least: float
) -> None:
    text = GUIDE.replace("option                  redispatch", words)
    text = re.sub(r"retries +1", f"retries {retries}", text).replace("roundrobin", balance)
    assert redispatch(road(text))[0].least == least
