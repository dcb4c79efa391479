"""HAProxy's configuration and statistics."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chaos.cluster.facts import HaproxyConfig
from chaos.cluster.haproxy import haproxy_time, parse_haproxy
from chaos.cluster.haproxy_stats import parse_stats
from lab.plan import plan
from lab.spec import Spec
from lab.templates import render

LAB = plan(Spec(subnet=0))


def parsed(text: str) -> HaproxyConfig:
    return parse_haproxy(text)


def test_the_lab_s_own() -> None:
    config = parsed(render("balancer/haproxy.cfg.j2", plan=LAB))
    front = next(f for f in config.frontends if any(":6443" in b for b in f.binds))
    back = next(b for b in config.backends if b.name in front.backends)
    assert (front.mode, back.mode) == ("tcp", "tcp")
    assert [(s.name, s.host, s.port) for s in back.servers] == [
        (m.name, m.address, 6443) for m in LAB.control_planes
    ]
    assert "httpchk" in back.options
    assert any("/readyz" in check for check in back.http_checks)
    for server in back.servers:
        assert server.checked
        assert not server.backup
        assert "check-ssl" in server.options
        assert server.options["verify"] == "required"
        assert server.options["on-marked-down"] == "shutdown-sessions"
        assert haproxy_time(server.options["inter"]) == timedelta(seconds=1)
    assert back.timeouts["check"]


# The configuration of the article "Kubernetes High Availability" in the sources.
ARTICLE = """
frontend kubernetes-frontend
bind *:6443
mode tcp
option tcplog
default_backend kubernetes-backend

backend kubernetes-backend
mode tcp
option tcp-check
balance roundrobin
server cp1 10.0.1.1:6443 check fall 3 rise 2
server cp2 10.0.1.2:6443 check fall 3 rise 2 # the second
server cp3 10.0.1.3:6443
"""


def test_lines_that_are_not_indented() -> None:
    config = parsed(ARTICLE)
    assert [(f.name, f.binds, f.backends) for f in config.frontends] == [
        ("kubernetes-frontend", ("*:6443",), ("kubernetes-backend",))
    ]
    (back,) = config.backends
    assert "tcp-check" in back.options
    assert back.servers[0].options == {"check": "", "fall": "3", "rise": "2"}
    assert [s.checked for s in back.servers] == [True, True, False]


def test_a_listen_section_is_both() -> None:
    config = parsed("listen api\n  bind :6443 alpn h2\n  server a 1.2.3.4:6443 check\n")
    assert config.frontends[0].binds == (":6443 alpn h2",)
    assert config.frontends[0].backends == ("api",)
    assert config.backends[0].servers[0].checked


DEFAULTS = """
defaults first
  mode tcp
  timeout check 2s
  timeout connect 5000
  option httpchk GET /healthz
  default-server inter 3s check
backend one
  server a 1.2.3.4:1
defaults
  mode http
backend two
  server a 1.2.3.4:1
backend three from first
  no option httpchk
  timeout check 1s
  default-server fall 5
  server a 1.2.3.4:1 inter 1s backup
  server b 1.2.3.4:1 no-check
"""


def test_what_defaults_say_holds_until_it_is_said_otherwise() -> None:
    config = parsed(DEFAULTS)
    one, two, three = config.backends
    assert (one.mode, one.timeouts["check"]) == ("tcp", timedelta(seconds=2))
    assert one.timeouts["connect"] == timedelta(seconds=5)
    assert one.options == {"httpchk": "GET /healthz"}
    assert one.http_checks == ("option httpchk GET /healthz",)
    assert one.servers[0].options == {"inter": "3s", "check": ""}
    assert (two.mode, two.timeouts, two.servers[0].options) == ("http", {}, {})
    assert (three.mode, three.options, three.timeouts["check"]) == ("tcp", {}, timedelta(seconds=1))
    assert three.servers[0].options == {"inter": "1s", "check": "", "fall": "5", "backup": ""}
    assert three.http_checks == ()
    assert three.servers[0].backup
    assert not three.servers[1].checked


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("force-tlsv12 check-ssl check", {"force-tlsv12": "", "check-ssl": "", "check": ""}),
        ("no-verifyhost check", {"check": ""}),
        (
            "strict-maxconn renegotiate check",
            dict.fromkeys(("strict-maxconn", "renegotiate", "check"), ""),
        ),
        ("disabled enabled check", {"check": ""}),
    ],
)
def test_words_that_take_no_value(line: str, options: dict[str, str]) -> None:
    (server,) = parsed(f"backend b\n  server s 1.2.3.4:1 {line}\n").backends[0].servers
    assert server.options == options


def test_defaults_that_begin_with_others() -> None:
    base = "defaults base\n  mode http\n  timeout check 2s\n"
    for heading in ("defaults api from base", "defaults from base"):
        (one,) = parsed(f"{base}{heading}\n  mode tcp\nbackend b\n").backends
        assert (one.mode, one.timeouts) == ("tcp", {"check": timedelta(seconds=2)})
    (one,) = parsed(f"{base}defaults\nbackend b\n").backends
    assert (one.mode, one.timeouts) == ("tcp", {})


def test_sections_that_are_indented() -> None:
    config = parsed("  frontend f\n    bind :1\n    default_backend b\n  backend b\n")
    assert config.frontends[0].backends == ("b",)
    assert [b.name for b in config.backends] == ["b"]


@pytest.mark.parametrize(("count", "names"), [("2", ["cp1", "cp2"]), ("2-3", ["cp2", "cp3"])])
def test_a_template_of_servers(count: str, names: list[str]) -> None:
    (back,) = parsed(f"backend b\n  server-template cp {count} a.test:1 check\n").backends
    assert [s.name for s in back.servers] == names
    assert all(s.slot and s.checked and s.host == "a.test" for s in back.servers)


def test_a_template_of_nothing() -> None:
    for count in ("x", "1-x", "99999999"):
        with pytest.raises(ValueError, match="is no number of servers"):
            parsed(f"backend b\n  server-template cp {count} a.test:1\n")


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("1.2.3.4:6443", "1.2.3.4", 6443),
        ("cp-1.test:6443", "cp-1.test", 6443),
        ("1.2.3.4", "1.2.3.4", None),
        ("[2001:db8::1]:6443", "2001:db8::1", 6443),
        ("2001:db8::1", "2001:db8::1", None),
        ("ipv4@1.2.3.4:6443", "1.2.3.4", 6443),
        ("/run/socket", "/run/socket", None),
    ],
)
def test_addresses_of_servers(address: str, host: str, port: int | None) -> None:
    (server,) = parsed(f"backend b\n  server s {address} check\n").backends[0].servers
    assert (server.host, server.port, server.checked) == (host, port, True)


def test_several_frontends_and_backends() -> None:
    config = parsed(
        "frontend f\n  use_backend b if { path / }\n  use_backend b\n  default_backend c\n"
        "backend b\nbackend c\nresolvers r\n  nameserver x 1.2.3.4:53\n"
    )
    assert config.frontends[0].backends == ("b", "c")
    assert [b.name for b in config.backends] == ["b", "c"]


def test_a_lone_quote_spoils_nothing() -> None:
    config = parsed("frontend f\n  acl x path_reg ^/it's\n  bind :1\n")
    assert config.frontends[0].binds == (":1",)


def test_an_empty_configuration_has_nothing() -> None:
    assert parsed("") == HaproxyConfig(frontends=(), backends=())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("500ms", 0.5),
        ("2000", 2),
        ("2m", 120),
        ("1h", 3600),
        ("1d", 86400),
        ("5us", 5e-6),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert haproxy_time(text) == timedelta(seconds=seconds)


def test_what_is_no_time() -> None:
    with pytest.raises(ValueError, match='"soon" is no time of HAProxy'):
        parsed("defaults\n  timeout check soon\n")


# Of HAProxy 3.0.11; columns that are not read are left out here.
STATS = """\
# pxname,svname,scur,status,lastchg,type,check_status,
kubernetes-api,FRONTEND,12,OPEN,,0,,
apiservers,cp-1,4,UP,120,2,L7OK,
apiservers,cp-2,4,UP 1/2,3,2,* L7STS,
apiservers,cp-3,4,DOWN,5,2,L4TOUT,
apiservers,cp-4,4,no check,5,2,,
apiservers,BACKEND,12,UP,120,1,,

"""


def test_how_it_sees_its_servers() -> None:
    states = parse_stats(STATS)
    assert [(s.server, s.up, s.check) for s in states] == [
        ("cp-1", True, "L7OK"),
        ("cp-2", True, "L7STS"),
        ("cp-3", False, "L4TOUT"),
        ("cp-4", False, ""),
    ]
    assert states[0].since == timedelta(minutes=2)


@pytest.mark.parametrize("text", ["", "<html>Forbidden</html>"])
def test_what_is_no_statistics(text: str) -> None:
    with pytest.raises(ValueError, match="HAProxy gave no statistics"):
        parse_stats(text)
