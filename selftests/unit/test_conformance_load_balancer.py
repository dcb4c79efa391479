"""Judging what balancers check, and whom they send to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chaos.cluster.facts import Facts
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import ADDRESS, HAPROXY, balancer
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

CHECKS, BACKENDS = "balancer-checks-apiservers", "balancer-backends"
SEES, USES = "balancer-sees-apiservers", "balancer-uses-every-apiserver"
HTTPCHK = "    option httpchk\n"
SEND = "    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host api.dev.holdfast.test\n"
EXPECT = "status 200"
CP_2 = "    server cp-2 198.51.100.22:6443\n"


def red(facts: Facts) -> dict[str, Verdict]:
    """Which of these four do not pass."""
    found = {item: verdict(item, facts) for item in (CHECKS, BACKENDS, SEES, USES)}
    return {item: one for item, one in found.items() if one is not Verdict.PASS}


def configured(text: str) -> Facts:
    """With lb-2 running this configuration."""
    return replace(good(), balancers=(balancer("lb-1"), balancer("lb-2", text)))


def edited(old: str, new: str) -> Facts:
    """With this edit in lb-2's configuration."""
    assert old in HAPROXY
    return configured(HAPROXY.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (HTTPCHK, "", "a plain TCP connect"),
        (HTTPCHK, "    option tcp-check\n", "a plain TCP connect"),
        (HTTPCHK, "    option ssl-hello-chk\n", "a TLS hello"),
        (" check-ssl", "", "speaks plain HTTP to a TLS port, which never passes: add check-ssl"),
        ("uri /readyz", "uri /livez", "asks /livez, which does not tell whether it is ready"),
        (SEND, "", "asks /, which"),
        (HTTPCHK + SEND, "    option httpchk GET /healthz\n", "asks /healthz, which"),
        ("uri /readyz", "uri /readyz?verbose&exclude=etcd", "leaves a part out"),
        (EXPECT, "status 200-599", "expects status 200-599, which an answer of 500 is as well"),
        (EXPECT, "status 204", "expects status 204, which an apiserver that is ready does not"),
        (EXPECT, "string ok", "expects string ok, which an answer of 500"),
        (EXPECT, "rstatus ^[2-5]", "which an answer of 500"),
        ("server cp-2 198.51.100.22:6443", "server cp-2 198.51.100.22:6443 addr 198.51.100.21",
            "cp-2: the check asks 198.51.100.21, which is another machine"),
        (SEND, f"    http-check connect addr 198.51.100.21 port 6443 ssl\n{SEND}",
            "cp-2: the check asks 198.51.100.21"),
        (SEND, f"    http-check connect addr 203.0.113.5 port 6443 ssl\n{SEND}",
            "cp-1: the check asks 203.0.113.5, which is another machine"),
    ],
)  # fmt: skip
def test_a_check_that_does_not_tell(old: str, new: str, said: str) -> None:
    facts = edited(old, new)
    assert red(facts) == {CHECKS: Verdict.FAIL}
    first = told(CHECKS, facts).splitlines()[0]
    assert first.startswith("lb-2, backend apiservers: ")
    assert said in first


def test_servers_that_are_never_checked() -> None:
    every = edited("check check-ssl", "check-ssl")
    assert red(every) == {CHECKS: Verdict.FAIL, SEES: Verdict.NOT_COVERED}
    assert "never checked, and sent to when dead: cp-1, cp-2, cp-3" in told(CHECKS, every)
    one = edited(CP_2, CP_2.replace("\n", " no-check\n"))
    assert red(one) == {CHECKS: Verdict.FAIL}
    assert "never checked, and sent to when dead: cp-2" in told(CHECKS, one)
    assert "lb-2 has cp-1, cp-3 up; never checked: cp-2" in told(SEES, one)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("", "not behind it: cp-2"),
        (CP_2.replace("\n", " disabled\n"), "not behind it: cp-2"),
        (CP_2 + CP_2.replace("22", "99"), "no serving control plane: cp-2 (198.51.100.99)"),
        (CP_2.replace("6443", "6444"), "cp-2 at port 6444, and its apiserver serves on 6443"),
    ],
)
def test_whom_it_sends_to(new: str, said: str) -> None:
    facts = edited(CP_2, new)
    assert red(facts) == {BACKENDS: Verdict.FAIL}
    assert f"lb-2, backend apiservers: {said}" in told(BACKENDS, facts)


def test_backups_are_understood() -> None:
    facts = edited(CP_2, CP_2.replace("\n", " backup\n"))
    assert red(facts) == {}
    assert "only when those are down: cp-2" in told(BACKENDS, facts)
    every = edited("default-server check", "default-server backup check")
    assert red(every)[BACKENDS] is Verdict.FAIL
    assert "every server is a backup" in told(BACKENDS, every)


def test_backups_that_are_all_used() -> None:
    text = HAPROXY.replace("default-server check", "default-server backup check")
    assert red(configured(text.replace(HTTPCHK, f"{HTTPCHK}    option allbackups\n"))) == {}


def test_a_template_of_servers() -> None:
    servers = HAPROXY[HAPROXY.index("    server cp-1") : HAPROXY.index("\nfrontend statistics")]
    template = "    server-template cp- 1-4 apiservers.example.test:6443\n"
    second = balancer("lb-2", HAPROXY.replace(servers, template))
    nobody = {"status": "MAINT (resolution)", "sessions": 0}
    for empty, wanted in (((3,), {}), ((2, 3), {SEES: Verdict.FAIL})):
        states = known(second.states)
        for index in empty:
            states = at(states, index, **nobody)
        facts = replace(good(), balancers=(balancer("lb-1"), replace(second, states=states)))
        assert red(facts) == {BACKENDS: Verdict.NOT_COVERED} | wanted
    assert "lb-2 finds 2 of 3 apiservers for its server-template" in told(SEES, facts)


def test_an_apiserver_that_nobody_was_sent_to() -> None:
    first = balancer("lb-1")
    states = at(known(first.states), 2, sessions=0)
    facts = replace(good(), balancers=(replace(first, states=states), balancer("lb-2")))
    assert red(facts) == {USES: Verdict.FAIL}
    assert "lb-1: connections so far: cp-1 200, cp-2 200, cp-3 0: none went to cp-3" in told(
        USES, facts
    )
    few = tuple(replace(one, sessions=1) for one in known(first.states))
    facts = replace(good(), balancers=(replace(first, states=few), balancer("lb-2")))
    assert red(facts) == {USES: Verdict.NOT_COVERED}


def test_an_apiserver_that_came_back_too_late_to_be_sent_to() -> None:
    first = balancer("lb-1")

    def up_for(seconds: float) -> Facts:
        states = at(known(first.states), 2, sessions=0, since=timedelta(seconds=seconds))
        return replace(good(), balancers=(replace(first, states=states), balancer("lb-2")))

    # The others had 200 each in an hour: in 36 seconds there would have been two for it.
    assert red(up_for(36)) == {USES: Verdict.NOT_COVERED}
    assert "cp-3 0: as it is now it has cp-3 for 36 s: too short" in told(USES, up_for(36))
    assert red(up_for(72)) == {USES: Verdict.FAIL}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (HTTPCHK + SEND, "    option httpchk GET /readyz HTTP/1.1\n"),
        (HTTPCHK + SEND, "    option httpchk /readyz?verbose\n"),
        (" check-ssl", " ssl"),
        ("198.51.100.22:6443", "cp-2.example.test:6443"),
        ("198.51.100.22:6443", "cp-2:6443"),
        (CP_2, CP_2.replace("\n", " backup\n")),
        (CP_2, CP_2.replace("\n", " addr 198.51.100.22 port 6443\n")),
        (CP_2, CP_2.replace(":6443", "")),
        (EXPECT, "comment it-serves status 200-299"),
        (EXPECT, "rstatus ^2"),
        (EXPECT, "status 200,401"),
        (EXPECT, "! status 500"),
        (EXPECT, "rstring ^ok$"),
        (EXPECT, "! rstatus ^[45]"),
        (f"    http-check expect {EXPECT}\n", ""),
        ("bind *:6443", "bind 198.51.100.100:6443,:::6443 v4v6"),
        ("bind *:6443", "bind *:16443"),
    ],
)
def test_what_is_written_in_another_way_and_does(old: str, new: str) -> None:
    assert red(edited(old, new)) == {}


@pytest.mark.parametrize(
    ("more", "where"), [("port 8080", "198.51.100.22 port 8080"), ("addr 192.0.2.2", "192.0.2.2")]
)
def test_a_check_that_somebody_unknown_answers(more: str, where: str) -> None:
    facts = edited(CP_2, CP_2.replace("\n", f" {more}\n"))
    assert red(facts) == {CHECKS: Verdict.NOT_COVERED}
    said = f"who answers the check of lb-2, backend apiservers: cp-2: it asks {where}"
    assert said in told(CHECKS, facts)


def test_an_answer_that_any_apiserver_gives_to_strangers() -> None:
    facts = edited(EXPECT, "status 200,401")
    tried = tuple(
        replace(one, status=401) if one.path == "/readyz" else one for one in known(facts.anonymous)
    )
    facts = replace(facts, anonymous=tried)
    assert red(facts) == {CHECKS: Verdict.FAIL}
    assert "expects status 200,401, which an answer of 401 is as well" in told(CHECKS, facts)


OTHERS = "backend others\n    mode tcp\n    server x 203.0.113.9:6443\n\nfrontend statistics"
INGRESS = "frontend ingress\n    bind {}\n    default_backend others\n" + OTHERS
SNI = "    use_backend others if {{ req.ssl_sni -i other.test }}\n    default_backend "
DEFAULT = "    default_backend "


@pytest.mark.parametrize(
    ("edits", "address"),
    [
        ((("*:6443", f"{ADDRESS}:6443"), INGRESS.format("203.0.113.1:6443")), ADDRESS),
        ((("*:6443", "*:6443"), INGRESS.format("203.0.113.1:6443")), ADDRESS),
        ((("*:6443", f"{ADDRESS}:6443"), INGRESS.format("*:6443")), ADDRESS),
        ((("*:6443", "198.51.100.12:6443"), INGRESS.format("203.0.113.1:6443")), None),
        (((DEFAULT, SNI.format()), OTHERS), ADDRESS),
    ],
)
def test_what_else_is_behind_that_port(
    edits: tuple[tuple[str, str], str], address: str | None
) -> None:
    (old, new), more = edits
    text = HAPROXY.replace(old, new).replace("frontend statistics", more)
    facts = configured(text)
    facts = replace(facts, declared=replace(facts.declared, endpoint_address=address))
    assert red(facts) == {}


def test_an_endpoint_that_leads_to_others() -> None:
    sni = "    use_backend apiservers if { req.ssl_sni -i api.test }\n    default_backend others"
    text = HAPROXY.replace("    default_backend apiservers", sni)
    facts = configured(text.replace("frontend statistics", OTHERS))
    assert "lb-2, backend others: no serving control plane: x (203.0.113.9)" in told(
        BACKENDS, facts
    )
    # The endpoint's own address comes before any.
    text = HAPROXY.replace("frontend statistics", INGRESS.format(f"{ADDRESS}:6443"))
    assert "lb-2, backend others: not behind it: cp-1, cp-2, cp-3" in told(
        BACKENDS, configured(text)
    )


def test_backups_are_told() -> None:
    first = balancer("lb-1", HAPROXY.replace(CP_2, CP_2.replace("\n", " backup\n")))
    facts = replace(good(), balancers=(first, balancer("lb-2")))
    assert "; none while cp-1, cp-3 is up, for they are backups: cp-2" in told(USES, facts)


def test_the_checks_own_tls() -> None:
    connect = "    http-check connect ssl sni api.dev.holdfast.test\n"
    text = HAPROXY.replace(" check-ssl", "").replace(SEND, connect + SEND)
    assert red(configured(text)) == {}


def test_a_server_whose_name_only_the_balancer_resolves() -> None:
    facts = edited("198.51.100.22:6443", "second.example.test:6443")
    assert red(facts) == {BACKENDS: Verdict.NOT_COVERED}
    assert "who second.example.test is, to which lb-2 sends" in told(BACKENDS, facts)
    assert red(edited("198.51.100.22:6443", "[2001:db8::22]:6443")) == {BACKENDS: Verdict.FAIL}


def test_bytes_of_its_own() -> None:
    sending = "    option tcp-check\n    tcp-check send-binary 474554\n"
    plain = configured(HAPROXY.replace(HTTPCHK, sending).replace(" check-ssl", ""))
    assert red(plain) == {CHECKS: Verdict.FAIL}
    assert "speaks plain text to a TLS port: it never gets a true answer" in told(CHECKS, plain)
    secret = edited(HTTPCHK, sending)
    assert red(secret) == {CHECKS: Verdict.FAIL}
    assert "sends bytes of its own" in told(CHECKS, secret)


def test_a_balancer_in_front_of_nothing() -> None:
    facts = configured("frontend statistics\n    bind *:8404\n    mode http\n")
    assert set(red(facts).values()) == {Verdict.FAIL}
    assert "lb-2 has no backend behind port 6443" in told(CHECKS, facts)


def test_a_spare_control_plane_behind_the_balancer_is_a_stranger() -> None:
    nodes = at(known(good().nodes), 2, roles=("control-plane", "etcd", "spare"))
    facts = replace(good(), nodes=nodes)
    assert red(facts)[BACKENDS] is Verdict.FAIL
    assert "no serving control plane: cp-3 (198.51.100.23)" in told(BACKENDS, facts)


def running(**changes: object) -> Facts:
    """With lb-2's running process seeing cp-2 so."""
    second = balancer("lb-2")
    states = at(known(second.states), 1, **changes)
    return replace(good(), balancers=(balancer("lb-1"), replace(second, states=states)))


def test_the_running_process_is_what_counts() -> None:
    down = running(status="DOWN", check="L7STS")
    assert red(down) == {SEES: Verdict.FAIL}
    assert "the running HAProxy has it as DOWN (L7STS)" in told(SEES, down)
    not_reloaded = running(server="old")
    assert red(not_reloaded) == {SEES: Verdict.FAIL}
    assert "cp-2 is configured, and the running HAProxy does not know it" in told(
        SEES, not_reloaded
    )
    assert red(running(status="UP 1/2")) == {}


def test_what_could_not_be_looked_at() -> None:
    one, every = balancer("lb-2"), {CHECKS, BACKENDS, SEES, USES}
    for balancers, items in (
        (SILENT, every),
        ((balancer("lb-1"), replace(one, config=SILENT, states=SILENT)), every),
        ((balancer("lb-1"), replace(one, states=SILENT)), {SEES, USES}),
    ):
        facts = replace(good(), balancers=balancers)
        assert red(facts) == dict.fromkeys(items, Verdict.NOT_COVERED)
        for item in items:
            assert SILENT.reason in told(item, facts)
