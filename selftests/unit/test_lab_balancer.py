"""The balancers' configuration: every apiserver, asked over TLS whether it is ready."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lab.plan import Plan, plan
from lab.spec import Spec
from selftests.unit.support import files_of, secrets

PLANS = {
    "default": plan(Spec(subnet=0)),
    "five": plan(Spec(control_planes=5, etcd="external", subnet=2)),
    "single": plan(Spec(control_planes=1, workers=0, load_balancers=1, zones=1, subnet=15)),
}
every_lab = pytest.mark.parametrize("lab", PLANS.values(), ids=list(PLANS))


def haproxy(lab: Plan) -> dict[str, list[str]]:
    """The lines of haproxy.cfg by section, without comments."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in files_of(lab, lab.balancers[0])["/etc/haproxy/haproxy.cfg"].content.splitlines():
        if line and not line.startswith((" ", "#")):
            lines = sections[line] = []
        elif line.strip() and not line.strip().startswith("#"):
            lines.append(line.strip())
    return sections


def check(lab: Plan) -> dict[str, str]:
    """The words of `default-server`, each with the word after it."""
    (line,) = (x for x in haproxy(lab)["backend apiservers"] if x.startswith("default-server "))
    words = line.split()
    return dict(zip(words, [*words[1:], ""], strict=True))


def keepalived(lab: Plan) -> list[str]:
    return [files_of(lab, b)["/etc/keepalived/keepalived.conf"].content for b in lab.balancers]


def seconds(text: str) -> float:
    unit = {"ms": 0.001, "s": 1.0}[text.lstrip("0123456789")]
    return int(text.rstrip("ms")) * unit


@every_lab
def test_every_apiserver_is_behind_the_balancer(lab: Plan) -> None:
    lines = haproxy(lab)["backend apiservers"]
    servers = [line.split()[1:] for line in lines if line.startswith("server ")]
    assert servers == [[cp.name, f"{cp.address}:6443"] for cp in lab.control_planes]


@every_lab
def test_an_apiserver_is_asked_whether_it_is_ready(lab: Plan) -> None:
    lines = haproxy(lab)["backend apiservers"]
    assert "option httpchk" in lines
    assert any(line.startswith("http-check send meth GET uri /readyz ") for line in lines)
    assert "http-check expect status 200" in lines


@every_lab
def test_the_answer_is_believed_only_from_the_cluster_s_own_authority(lab: Plan) -> None:
    words = check(lab)
    assert {"check", "check-ssl"} <= set(words)
    assert words["verify"] == "required"
    for balancer in lab.balancers:
        assert files_of(lab, balancer)[words["ca-file"]].content == secrets().ca.certificate


@every_lab
def test_the_name_that_the_check_wants_is_in_the_apiservers_certificates(lab: Plan) -> None:
    text = files_of(lab, lab.control_planes[0])["/etc/kubernetes/kubeadm.yaml"].content
    kubeadm = {d["kind"]: d for d in YAML(typ="safe").load_all(text)}
    named = kubeadm["ClusterConfiguration"]["apiServer"]["certSANs"]
    assert check(lab)["verifyhost"] in named
    assert check(lab)["check-sni"] in named


def test_an_apiserver_that_ends_serves_until_no_balancer_sends_to_it_any_more() -> None:
    lab = PLANS["default"]
    words = check(lab)
    (bound,) = (x for x in haproxy(lab)["defaults"] if x.startswith("timeout check "))
    again = (int(words["fall"]) - 1) * seconds(words["fastinter"])
    seen = seconds(words["inter"]) + again + seconds(bound.split()[-1])
    text = files_of(lab, lab.control_planes[0])["/etc/kubernetes/kubeadm.yaml"].content
    delay = re.search(r"shutdown-delay-duration, value: (\w+)", text)
    assert delay
    assert seen < seconds(delay[1])


def test_a_dead_server_s_connections_are_closed_and_not_left_to_hang() -> None:
    assert check(PLANS["default"])["on-marked-down"] == "shutdown-sessions"


@every_lab
def test_statistics_and_metrics_are_on_8404_for_machines_alone(lab: Plan) -> None:
    lines = haproxy(lab)["frontend statistics"]
    assert "bind *:8404" in lines
    assert f"acl machines src 127.0.0.0/8 {lab.machine_net}" in lines
    deny = lines.index("http-request deny unless machines")
    assert deny < lines.index("http-request use-service prometheus-exporter if { path /metrics }")


def test_two_balancers_name_each_other_and_agree_on_what_they_share() -> None:
    lab = PLANS["default"]
    one, other = lab.balancers
    for text, mine, peer in zip(keepalived(lab), (one, other), (other, one), strict=True):
        assert f"unicast_src_ip {mine.address}\n" in text
        peers = re.search(r"unicast_peer \{([^}]*)\}", text)
        assert peers
        assert peers[1].split() == [peer.address]
        assert f"{lab.virtual_ip}/24" in text
    ids = {re.findall(r"virtual_router_id (\d+)", text)[0] for text in keepalived(lab)}
    priorities = {re.findall(r"priority (\d+)", text)[0] for text in keepalived(lab)}
    # Equals: nobody takes the address back when he returns, so one failover is not two.
    assert (len(ids), priorities) == (1, {"100"})


def test_a_balancer_alone_has_no_peers() -> None:
    (text,) = keepalived(PLANS["single"])
    assert "unicast_peer" not in text
    assert f"{PLANS['single'].virtual_ip}/24" in text


@every_lab
def test_a_balancer_without_haproxy_yields_and_one_without_apiservers_is_worth_less(
    lab: Plan,
) -> None:
    lines = haproxy(lab)["frontend statistics"]
    assert "http-request return status 200 if { path /alive }" in lines
    down = lines.index(
        "http-request return status 503 if { path /ready } { nbsrv(apiservers) lt 1 }"
    )
    assert down < lines.index("http-request return status 200 if { path /ready }")
    for text in keepalived(lab):
        scripts = dict(re.findall(r"vrrp_script (\w+) \{([^}]*)\}", text))
        assert "/usr/local/lib/machine/says-200 /alive" in scripts["haproxy"]
        # A weight would only lower the priority: the dead one must go, not be worth less.
        assert "weight" not in scripts["haproxy"]
        assert "/usr/local/lib/machine/says-200 /ready" in scripts["apiservers"]
        assert "weight -50" in scripts["apiservers"]
        assert re.search(r"track_script \{\s+haproxy\s+apiservers\s+\}", text)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"", False),
        (None, False),
    ],
    ids=["200", "503", "it hangs up", "nobody"],
)
def test_what_keepalived_asks_haproxy_with(
    answer: bytes | None, said: bool, tmp_path: Path
) -> None:
    script = files_of(PLANS["default"], PLANS["default"].balancers[0])[
        "/usr/local/lib/machine/says-200"
    ]
    assert script.mode == 0o755
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                assert peer.recv(100).startswith(b"GET /alive HTTP/1.0\r\n")
                peer.sendall(answer or b"")

        if answer is None:
            server.close()
        else:
            threading.Thread(target=serve, daemon=True).start()
        file = tmp_path / "says-200"
        file.write_text(script.content.replace("/8404", f"/{port}"))
        done = subprocess.run(["bash", file, "/alive"], capture_output=True, check=False)
    assert (done.returncode == 0) is said


@every_lab
def test_the_name_of_the_api_is_the_virtual_address_and_every_machine_has_a_name(lab: Plan) -> None:
    for balancer in lab.balancers:
        text = files_of(lab, balancer)["/etc/dnsmasq.d/lab.conf"].content
        records = re.findall(r"(?m)^host-record=(.*)$", text)
        assert f"{lab.api_name},{lab.virtual_ip}" in records
        for m in lab.machines:
            assert f"{m.name}.{lab.domain},{m.name},{m.address}" in records
        assert "no-resolv" in text.splitlines()


def test_labs_side_by_side_speak_vrrp_under_different_numbers() -> None:
    numbers = set()
    for subnet in range(16):
        text = keepalived(plan(Spec(subnet=subnet)))[0]
        numbers.add(int(re.findall(r"virtual_router_id (\d+)", text)[0]))
    assert len(numbers) == 16
    assert all(1 <= number <= 255 for number in numbers)
