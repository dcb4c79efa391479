"""Judging who sees a balancer's statistics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HAPROXY, balancer
from selftests.unit.conformance_support import good, told, verdict

ITEM = "balancer-stats-closed"
AUTH = "    stats auth removed\n"
METRICS = "    http-request use-service prometheus-exporter if { path /metrics }\n"
NET = "    acl net src 10.0.0.0/8\n    acl metrics path /metrics\n"
OPEN = "lb-2: the page of statistics (*:8404) is open to everyone"
BACKEND = "    default_backend pages\nbackend pages\n    mode http\n    stats enable\n"


def judged(old: str, new: str) -> tuple[Verdict, str]:
    assert old in HAPROXY
    text = HAPROXY.replace(old, new)
    facts = replace(good(), balancers=(balancer("lb-1"), balancer("lb-2", text)))
    return verdict(ITEM, facts), told(ITEM, facts)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (AUTH, "", OPEN),
        (AUTH, "    http-request deny if { path_beg /admin }\n", OPEN),
        (AUTH, "    http-request deny unless { path /stats }\n", OPEN),
        (AUTH, "    tcp-request connection reject if { src 10.0.0.9 }\n", OPEN),
        (AUTH, f"{NET}    http-request deny if net\n", OPEN),
        (AUTH, f"{NET}    http-request deny unless metrics\n", OPEN),
        (AUTH, AUTH + METRICS, OPEN),
        ("    stats enable\n" + AUTH, METRICS, OPEN),
        ("    stats enable\n" + AUTH, BACKEND, "lb-2: the page of pages (*:8404) is open"),
        ("*:8404\n    mode http\n    stats enable\n" + AUTH,
            "127.0.0.1:8404,10.0.0.5:8404\n    mode http\n    stats enable\n",
            "(127.0.0.1:8404,10.0.0.5:8404) is open to everyone"),
        ("defaults\n", "global\n    stats socket ipv4@*:9999 level admin\ndefaults\n",
            "lb-2: the socket for commands at ipv4@*:9999 is open to everyone"),
    ],
)  # fmt: skip
def test_whoever_comes_sees_it(old: str, new: str, said: str) -> None:
    found, evidence = judged(old, new)
    assert found is Verdict.FAIL
    assert said in evidence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (AUTH, "    http-request deny\n"),
        (AUTH, "    http-request deny unless { src 10.0.0.0/8 }\n"),
        (AUTH, f"{NET}    http-request deny unless net\n{METRICS}"),
        (AUTH, f"{NET}    http-request deny if metrics !net\n{METRICS}"),
        (AUTH, "    http-request reject unless LOCALHOST\n"),
        (AUTH, "    http-request deny if !{ src 10.0.0.0/8 }\n"),
        (AUTH, "    tcp-request connection reject if !{ src -f /etc/haproxy/friends }\n"),
        (AUTH, "    stats http-request auth unless { http_auth(users) }\n"),
        (AUTH, "    http-request auth realm x unless { http_auth(users) }\n" + METRICS),
        (AUTH, f"{AUTH}{NET}{METRICS.rstrip()} net\n"),
        ("    stats enable\n" + AUTH, BACKEND + AUTH),
        ("*:8404\n    mode http\n    stats enable\n" + AUTH,
            "127.0.0.1:8404,[::1]:8404\n    mode http\n    stats enable\n"),
        ("defaults\n", "global\n    stats socket /run/haproxy.sock level admin\n"
            "    stats socket ipv4@127.0.0.1:9999\ndefaults\n"),
    ],
)  # fmt: skip
def test_strangers_are_refused(old: str, new: str) -> None:
    assert judged(old, new)[0] is Verdict.PASS
