"""Judging balancers' settings, the endpoint's address and name: each defect turns its item red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.cluster.haproxy import parse_haproxy
from chaos.cluster.keepalived import parse_keepalived
from chaos.conformance.eject import eject
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import ADDRESS, HAPROXY, balancer
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict
from selftests.unit.conformance_wide import KEEPALIVED, Defect, ids, unit

SERVERS = "check check-ssl verify required ca-file /etc/ca.crt inter 1s fall 2 rise 2"


def configured(old: str, new: str) -> f.Facts:
    """With this edit in lb-2's HAProxy."""
    assert old in HAPROXY
    one = balancer("lb-2", HAPROXY.replace(old, new))
    first, second = known(good().balancers)
    return replace(good(), balancers=(first, replace(one, keepalived=second.keepalived)))


def backups(*numbers: int) -> f.Facts:
    """With these apiservers as backups on lb-2."""
    text = HAPROXY
    for n in numbers:
        text = text.replace(f"2{n}:6443\n", f"2{n}:6443 backup\n")
    return configured(HAPROXY, text)


def unread() -> f.Facts:
    """As facts are that were recorded before retries were read."""
    first, second = known(good().balancers)
    config = known(second.config)
    older = replace(config, backends=tuple(replace(b, retries=None) for b in config.backends))
    return replace(good(), balancers=(first, replace(second, config=older)))


def moved(old: str, new: str) -> f.Facts:
    """With this edit in lb-2's keepalived."""
    assert old in KEEPALIVED
    keepalived = parse_keepalived(KEEPALIVED.replace(old, new))
    return replace(good(), balancers=at(known(good().balancers), 1, keepalived=keepalived))


def holding(*nodes: str) -> f.Facts:
    """With these holding the address."""
    found = tuple(replace(b, holds_address=b.node in nodes) for b in known(good().balancers))
    return replace(good(), balancers=found)


def declared(**changes: Any) -> f.Facts:
    return replace(good(), declared=replace(good().declared, **changes))


def of_machine(name: str, **changes: Any) -> f.Facts:
    """With this machine telling something else."""
    base = good()
    return replace(
        base, machines={**base.machines, name: replace(known(base.machines[name]), **changes)}
    )


def resolving(*answers: f.Resolved) -> f.Facts:
    """With worker-1 resolving so."""
    return of_machine("worker-1", resolved=answers)


def flagged(**flags: str) -> f.Facts:
    """With the apiserver of cp-2 running so."""
    base = good()
    found = tuple(
        replace(c, flags={k.replace("_", "-"): v for k, v in flags.items()})
        if c.name == "kube-apiserver"
        else c
        for c in known(base.components["cp-2"])
    )
    return replace(base, components={**base.components, "cp-2": found})


def placed(*places: dict[str, Any]) -> f.Facts:
    """With lb-1 and lb-2 standing there."""
    where = dict(zip(("lb-1", "lb-2"), places, strict=True))
    nodes = tuple(replace(n, **where.get(n.name, {})) for n in known(good().nodes))
    return replace(good(), nodes=nodes)


def led_to(*addresses: str) -> f.Facts:
    """With no fixed address, and every machine resolving the name to these."""
    base, answers = declared(endpoint_address=None), (resolved("system", *addresses),)
    machines = {
        name: replace(known(machine), resolved=answers if addresses else SILENT)
        for name, machine in base.machines.items()
    }
    return replace(base, machines=machines, services=(service(ADDRESS),))


def resolved(resolver: str, *addresses: str, **more: Any) -> f.Resolved:
    return f.Resolved(resolver=resolver, addresses=addresses, **more)


def service(*addresses: str) -> f.ServiceFact:
    return f.ServiceFact(namespace="infra", name="api", kind="LoadBalancer", addresses=addresses)


SYSTEM = resolved("system", ADDRESS)
A, B = resolved("10.0.0.1", ADDRESS), resolved("10.0.0.2", ADDRESS)
CACHED, NEAR = replace(A, authoritative=False), timedelta(seconds=30)
SLOW = timedelta(hours=1)
SICK = f.HealthAnswer(node="cp-2", address="198.51.100.22:6443", path="/readyz", code=500, said="x")

LATE = "    balance leastconn\n    option redispatch\n    timeout connect 10s\n"

DEFECTS: list[Defect] = [
    (
        "balancer-ejects-dead",
        configured("inter 1s fall 2", "inter 20s fall 3"),
        "lb-2 gives an apiserver that is dead up within 60 s (inter 20 s, fastinter 20 s, fall 3",
    ),
    (
        "balancer-ejects-dead",
        configured(SERVERS, "inter 1s"),
        "lb-2 checks no server: one that is dead is never given up",
    ),
    *(
        (
            item,
            configured(
                "    server cp-2 198.51.100.22:6443", "    server cp-2 198.51.100.22:6443 no-check"
            ),
            said,
        )
        for item, said in (
            ("balancer-ejects-dead", "lb-2 does not check cp-2: one that is dead is never given"),
            ("balancer-ejects-silent", "lb-2 does not check cp-2: one that is silent is never"),
            ("apiserver-shutdown-delay", "lb-2 does not ask cp-2 whether it is ready: it sends"),
        )
    ),
    (
        "apiserver-shutdown-delay",
        configured("    option httpchk\n", ""),
        "lb-2 does not ask cp-1, cp-2, cp-3 whether it is ready: it sends to one that ends until",
    ),
    (
        "apiserver-shutdown-delay",
        flagged(shutdown_delay_duration="2s"),
        "cp-2 serves on for 2 s after /readyz says that it ends; balancers send to it for up to 2",
    ),
    (
        "balancer-ejects-silent",
        configured("timeout check 1s", "timeout check 20s"),
        "lb-2 gives an apiserver that is silent up within 42 s",
    ),
    (
        "apiserver-shutdown-delay",
        flagged(),
        "cp-2 serves on for 0 s after /readyz says that it ends; balancers send to it for up to 2",
    ),
    (
        "apiserver-shutdown-delay",
        flagged(shutdown_delay_duration="1s"),
        "cp-2 serves on for 1 s after",
    ),
    (
        "balancer-redispatch",
        configured("    option redispatch 1\n", ""),
        "lb-2, backend apiservers: no option redispatch: a connection that its apiserver does not",
    ),
    (
        "balancer-redispatch",
        configured("    option redispatch 1\n", "    option redispatch\n    retries 0\n"),
        "lb-2, backend apiservers: option redispatch, retries 0: a connection",
    ),
    (
        "balancer-redispatch",
        configured("    option redispatch 1\n    timeout connect 2s\n", LATE),
        "hands a connection on within 32 s (option redispatch, retries 3, timeout connect 10 s)",
    ),
    (
        "balancer-redispatch",
        configured("    timeout connect 2s\n", ""),
        "lb-2, backend apiservers: no timeout connect: one that is silent is waited for",
    ),
    ("balancer-redispatch", backups(2, 3), "one server alone takes connections while it counts"),
    ("balancer-redispatch", backups(1, 2, 3), "one server alone takes connections while it"),
    (
        "balancer-cuts-dead-sessions",
        configured(" on-marked-down shutdown-sessions", ""),
        "lb-2 leaves connections to cp-1, cp-2, cp-3 open for good",
    ),
    (
        "balancer-tls-passthrough",
        configured("    bind *:6443", "    mode http\n    bind *:6443 ssl crt /x.pem"),
        "lb-2: frontend kubernetes-api is in mode http",
    ),
    (
        "balancer-tls-passthrough",
        configured("default-server check ", "default-server ssl check "),
        "lb-2: TLS to cp-1, cp-2, cp-3 is the balancer's own",
    ),
    (
        "balancer-idle-timeouts",
        configured("timeout client 10m", "timeout client 30s"),
        "lb-2: timeout client of kubernetes-api is 30 s, and a quiet watch needs 120 s",
    ),
    (
        "balancer-idle-timeouts",
        configured("    option httpchk", "    timeout tunnel 1m\n    option httpchk"),
        "lb-2: timeout tunnel of apiservers is 60 s",
    ),
    (
        "balancer-stats-closed",
        configured("    stats auth removed\n", ""),
        "lb-2: the page of statistics (*:8404) is open to everyone",
    ),
    ("balancer-no-single-point", replace(good(), balancers=known(good().balancers)[:1]), "1 balan"),
    (
        "balancer-no-single-point",
        placed({"zone": "a"}, {"zone": "a"}),
        "all of them stand in the zone a",
    ),
    (
        "balancer-no-single-point",
        placed({"host": "h1"}, {"host": "h1"}),
        "all of them stand on the host h1",
    ),
    (
        "balancer-no-single-point",
        declared(endpoint_address="198.51.100.21"),
        "the endpoint 198.51.100.21 is cp-1 itself",
    ),
    (
        "balancer-no-single-point",
        moved(ADDRESS, "198.51.100.101"),
        f"keepalived of lb-2 does not know {ADDRESS}",
    ),
    (
        "balancer-outside-cluster",
        replace(good(), services=(service(ADDRESS),)),
        f"{ADDRESS} is an address of the Service infra/api (LoadBalancer)",
    ),
    (
        "balancer-outside-cluster",
        led_to(ADDRESS),
        "api.dev.holdfast.test is an address of the Service infra/api (LoadBalancer)",
    ),
    (
        "balancer-outside-cluster",
        declared(endpoint_name="api.infra.svc.cluster.local"),
        "api.infra.svc.cluster.local is a name of the cluster's own DNS",
    ),
    ("virtual-ip-one-holder", holding(), f"no balancer holds {ADDRESS}"),
    ("virtual-ip-one-holder", holding("lb-1", "lb-2"), f"lb-1, lb-2 all hold {ADDRESS}"),
    (
        "virtual-ip-moves-in-time",
        moved("advert_int 0.5", "advert_int 10"),
        "lb-2: 36.1 s after its holder falls silent",
    ),
    (
        "virtual-ip-moves-in-time",
        moved("fall 2", "fall 20"),
        "61.8 s at most after its scripts find it sick",
    ),
    (
        "keepalived-watches-haproxy",
        moved("    track_script {\n        haproxy\n    }\n", ""),
        "lb-2, instance api: no script: it keeps the address with HAProxy dead",
    ),
    (
        "keepalived-watches-haproxy",
        moved("vrrp_script haproxy", "vrrp_script other"),
        "lb-2, instance api: there is no script haproxy",
    ),
    (
        "endpoint-name-resolves",
        resolving(SYSTEM, A),
        "worker-1: it knows 1 resolver (10.0.0.1), and two are needed",
    ),
    (
        "endpoint-name-resolves",
        resolving(SYSTEM, A, resolved("10.0.0.2", "198.51.100.9")),
        f"worker-1: 10.0.0.2 says that api.dev.holdfast.test is 198.51.100.9, and not {ADDRESS}",
    ),
    (
        "endpoint-name-resolves",
        resolving(SYSTEM, A, resolved("10.0.0.2", error="it does not answer")),
        "worker-1: 10.0.0.2 does not say where api.dev.holdfast.test is: it does not answer",
    ),
    (
        "endpoint-name-ttl",
        resolving(SYSTEM, replace(A, ttl=SLOW), replace(B, ttl=timedelta(seconds=5))),
        "10.0.0.1 lets api.dev.holdfast.test be kept for 3600 s, and 300 s are allowed",
    ),
    (
        "endpoint-name-ttl",
        resolving(SYSTEM, replace(CACHED, ttl=SLOW), B),
        "10.0.0.1 lets api.dev.holdfast.test be kept for 3600 s, and 300 s are allowed",
    ),
    (
        "endpoint-name-resolves",
        resolving(resolved("system", "2001:db8::1"), A, B),
        f"its own library says that api.dev.holdfast.test is 2001:db8::1, and not {ADDRESS}",
    ),
    (
        "apiserver-health-endpoints",
        replace(good(), health=(*known(good().health)[:-1], SICK)),
        "cp-2 (198.51.100.22:6443) answers 500 on /readyz: x",
    ),
    (
        "balancer-services",
        of_machine("lb-2", units=(unit("haproxy", enabled="disabled"), unit("keepalived"))),
        "lb-2: haproxy is disabled: it does not start at a boot",
    ),
    (
        "balancer-services",
        of_machine("lb-2", units=(unit("haproxy", restart="no"), unit("keepalived"))),
        "lb-2: haproxy has Restart=no: once it fails it stays away",
    ),
    (
        "balancer-services",
        of_machine("lb-2", units=(unit("haproxy"), unit("keepalived", active=False))),
        "lb-2: keepalived does not run",
    ),
]


@pytest.mark.parametrize(("item", "facts", "said"), DEFECTS, ids=ids(DEFECTS))
def test_each_defect_turns_its_item_red(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.FAIL
    assert said in told(item, facts)


@pytest.mark.parametrize(
    ("item", "facts", "said"),
    [
        (
            "virtual-ip-one-holder",
            declared(endpoint_address=None),
            "the endpoint has no fixed address",
        ),
        (
            "virtual-ip-moves-in-time",
            replace(good(), balancers=at(known(good().balancers), 1, keepalived=None)),
            "keepalived of lb-2: the inventory names no configuration of it",
        ),
        (
            "virtual-ip-one-holder",
            replace(good(), balancers=at(known(good().balancers), 0, holds_address=SILENT)),
            SILENT.reason,
        ),
        ("endpoint-name-ttl", resolving(SYSTEM, A, B), "no resolver told it a time to live"),
        (
            "endpoint-name-ttl",
            resolving(SYSTEM, replace(CACHED, ttl=timedelta(seconds=7)), B),
            "10.0.0.1 lets api.dev.holdfast.test be kept for 7 s: it was told by another, and",
        ),
        ("endpoint-name-resolves", of_machine("cp-1", resolved=SILENT), SILENT.reason),
        (
            "apiserver-health-endpoints",
            replace(good(), health=known(good().health)[:-1]),
            "/readyz of cp-3: it was not asked",
        ),
        ("balancer-services", of_machine("lb-1", units=(unit("keepalived"),)), "haproxy on lb-1"),
        (
            "balancer-ejects-dead",
            configured("inter 1s", "inter soon"),
            'the settings of lb-2: "soon" is no time of HAProxy',
        ),
        ("apiserver-shutdown-delay", flagged(shutdown_delay_duration="soon"), "is no duration"),
        ("balancer-redispatch", unread(), "retries was not read"),
        (
            "balancer-no-single-point",
            placed({"zone": "a"}, {"zone": None}),
            "the zone of lb-2: the inventory names none, and the others stand in a",
        ),
        ("balancer-outside-cluster", led_to(), "where api.dev.holdfast.test leads: no machine"),
        (
            "apiserver-shutdown-delay",
            replace(good(), components={**good().components, "cp-2": ()}),
            "the apiserver of cp-2: it was not seen there",
        ),
    ],
)
def test_what_is_not_known_is_not_covered(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.NOT_COVERED
    assert said in told(item, facts)


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ("endpoint-name-resolves", declared(endpoint_name=ADDRESS)),
        ("endpoint-name-resolves", resolving(resolved("system", ADDRESS, "2001:db8::1"), A, B)),
        ("endpoint-name-ttl", resolving(SYSTEM, replace(A, ttl=timedelta()), B)),
        ("endpoint-name-ttl", resolving(SYSTEM, replace(A, ttl=NEAR, authoritative=True), B)),
        ("balancer-redispatch", backups(3)),
        ("balancer-no-single-point", placed({"host": "h1"}, {"host": "h2"})),
        ("balancer-no-single-point", placed({"zone": None}, {"zone": None})),
        ("balancer-outside-cluster", led_to("203.0.113.7")),
        # Taking turns it is handed on at once, as one of the sources has it.
        (
            "balancer-redispatch",
            configured("    option redispatch 1\n    timeout connect 2s\n", LATE.split("\n", 1)[1]),
        ),
        ("endpoint-name-ttl", declared(endpoint_name=ADDRESS)),
        (
            "balancer-stats-closed",
            configured("    stats auth removed", "    http-request deny unless { src 10.0.0.0/8 }"),
        ),
        ("balancer-stats-closed", configured("*:8404\n", "127.0.0.1:8404\n")),
        ("balancer-stats-closed", configured("    stats enable\n    stats auth removed\n", "")),
        (
            "balancer-services",
            of_machine("lb-1", units=(unit("haproxy"), unit("keepalived", restart="no"))),
        ),
    ],
)
def test_what_does_as_well(item: str, facts: f.Facts) -> None:
    assert verdict(item, facts) is Verdict.PASS


@pytest.mark.parametrize(
    ("settings", "dead", "silent"),
    [
        ("", 2 + 2 * 2, 6 + 3 * 2),  # HAProxy's defaults: inter 2s, fall 3; the interval bounds
        ("inter 1s fall 2", 2, 4),
        ("inter 1s fastinter 500ms fall 2", 1.5, 3.5),
        ("inter 10s fall 1", 10, 20),
    ],
)
def test_how_long_a_server_is_still_sent_to(settings: str, dead: float, silent: float) -> None:
    config = parse_haproxy(f"backend b\n server a 10.0.0.1:6443 check {settings}\n")
    found = eject(config.backends[0], config.backends[0].servers[0])
    assert (found.dead.total_seconds(), found.silent.total_seconds()) == (dead, silent)


def test_a_check_s_own_time_out() -> None:
    times = " timeout check 3s\n timeout connect 500ms\n"
    text = f"backend b\n{times} server a 10.0.0.1:1 check inter 1s\n"
    backend = parse_haproxy(text).backends[0]
    found = eject(backend, backend.servers[0])
    assert found.silent == timedelta(seconds=3 + 3 * 3)
