"""Where the alerts end that must reach somebody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster import facts as f
from chaos.cluster.collect.alertmanager import receivers_of, route_of
from chaos.cluster.matchers import Matcher
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_support import SILENT, good, known, told, verdict

ITEM = "alerts-reach-somebody"
RECEIVERS = """
receivers:
  - name: "null"
  - name: pager
    pagerduty_configs: [{routing_key: <secret>}]
time_intervals:
  - {name: always, time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]}
  - {name: ever, time_intervals: [{}]}
  - {name: nights, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]}
  - {name: weekends, time_intervals: [{weekdays: [saturday]}]}
"""
USUAL = """
  receiver: pager
  routes:
    - {receiver: "null", matchers: [alertname =~ "InfoInhibitor|Watchdog"]}
    - {receiver: "null", match: {severity: none}}
"""


def routed(route: str, *, labels: bool = True) -> f.Facts:
    """With these routes, and rules that are critical."""
    text = f"route: {route}{RECEIVERS}"
    watched = known(good().monitoring)
    rules = tuple(
        replace(one, labels={"severity": "critical"} if labels else None) for one in watched.rules
    )
    return replace(
        good(),
        monitoring=replace(
            watched, rules=rules, receivers=receivers_of(text), route=route_of(text)
        ),
    )


@pytest.mark.parametrize(
    "route",
    [
        USUAL,
        '{receiver: "null", routes: [{receiver: pager, match_re: {severity: "crit.*|warning"}}]}',
        '{receiver: "null", routes: [{receiver: pager, matchers: [severity!=none, a=""]}]}',
        '{receiver: pager, routes: [{receiver: "null", continue: true}, {matchers: [a!="b"]}]}',
        "{receiver: pager, routes: [{mute_time_intervals: [nights, weekends]}]}",
        '{receiver: "null", routes: [{match: {severity: critical}, routes: [{receiver: pager}]}]}',
        '{receiver: pager, routes: [{receiver: "null", matchers: [alertname="x", team="y"]}]}',
    ],
)
def test_alerts_that_come_to_somebody(route: str) -> None:
    assert verdict(ITEM, routed(route)) is Verdict.PASS, told(ITEM, routed(route))


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ('{receiver: "null"}', "the alert EtcdNoLeader ends at null, which tells nobody"),
        (
            '{receiver: pager, routes: [{receiver: "null", match: {alertname: EtcdNoLeader}}]}',
            "the alert EtcdNoLeader ends at null",
        ),
        (
            "{receiver: pager, routes: [{mute_time_intervals: [always]}]}",
            "the alert EtcdNoLeader is muted at all times by always",
        ),
        ("{receiver: pager, routes: [{mute_time_intervals: [ever]}]}", "muted at all times by"),
        ("{receiver: gone}", "the alert EtcdNoLeader ends at gone"),
    ],
)
def test_alerts_that_come_to_nobody(route: str, said: str) -> None:
    assert verdict(ITEM, routed(route)) is Verdict.FAIL
    assert said in told(ITEM, routed(route))


@pytest.mark.parametrize(
    "facts",
    [
        routed('{receiver: "null", routes: [{receiver: pager, matchers: [cluster="prod"]}]}'),
        replace(
            good(), monitoring=replace(known(good().monitoring), receivers=SILENT, route=SILENT)
        ),
    ],
)
def test_where_it_cannot_be_told(facts: f.Facts) -> None:
    assert verdict(ITEM, facts) is Verdict.NOT_COVERED


def test_rules_whose_labels_nobody_read_are_judged_by_the_receivers() -> None:
    assert verdict(ITEM, routed(USUAL, labels=False)) is Verdict.FAIL


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ("a=b", Matcher("a", "=", "b")),
        (" a =~ b|c ", Matcher("a", "=~", "b|c")),
        ('{a!="b, c"}', Matcher("a", "!=", "b, c")),
    ],
)
def test_matchers_as_they_are_written(text: str, matcher: Matcher) -> None:
    route = route_of(f"route: {{receiver: x, routes: [{{matchers: ['{text}']}}]}}")
    assert route.routes[0].matchers == (matcher,)
    with pytest.raises(ValueError, match="a matcher that is none: b"):
        route_of("route: {receiver: x, routes: [{matchers: [b]}]}")
