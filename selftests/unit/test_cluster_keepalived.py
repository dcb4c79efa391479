"""keepalived's configuration."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chaos.cluster.facts import KeepalivedConfig, VrrpInstance, VrrpScript
from chaos.cluster.keepalived import parse_keepalived
from lab.plan import plan
from lab.spec import Spec
from lab.templates import render

LAB = plan(Spec(subnet=0))
SECOND = timedelta(seconds=1)


def test_the_lab_s_own() -> None:
    machine, *others = LAB.balancers
    text = render(
        "balancer/keepalived.conf.j2", plan=LAB, machine=machine, others=others, first=True
    )
    config = parse_keepalived(text)
    (instance,) = config.instances
    assert instance.addresses == (LAB.virtual_ip,)
    assert instance.advert == SECOND / 2
    assert set(instance.scripts) == {s.name for s in config.scripts}


MANUAL = """\
! a comment
global_defs { router_id x }
vrrp_script check {
    script "/usr/bin/check --all {}"  # quoted
    interval 2
    weight -20
}
vrrp_instance one {
    interface eth0
    virtual_ipaddress { 198.51.100.100/24 dev eth0
        198.51.100.101
    }
    track_script { check weight -10
    }
    authentication {
        auth_type PASS
        auth_pass removed
    }
}
"""


def test_what_is_left_out_is_as_the_manual_says() -> None:
    assert parse_keepalived(MANUAL) == KeepalivedConfig(
        instances=(
            VrrpInstance(
                name="one",
                interface="eth0",
                priority=100,
                advert=SECOND,
                preempts=True,
                addresses=("198.51.100.100", "198.51.100.101"),
                scripts=("check",),
                weights={"check": -10},
            ),
        ),
        scripts=(
            VrrpScript(
                name="check",
                command="/usr/bin/check --all {}",
                interval=2 * SECOND,
                timeout=None,
                fall=1,
                rise=1,
                weight=-20,
            ),
        ),
    )


def test_who_does_not_take_the_address_back() -> None:
    (instance,) = parse_keepalived("vrrp_instance a {\n nopreempt\n priority 50\n}\n").instances
    assert (instance.preempts, instance.priority) == (False, 50)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vrrp_instance one {\n", 'the block "vrrp_instance one" does not end'),
        ("}\n", "a brace closes nothing"),
        ('vrrp_script a { script "x }\n', "No closing quotation"),
        ("vrrp_script a {\n interval soon\n}\n", "could not convert"),
    ],
)
def test_what_is_none(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_keepalived(text)


def test_what_is_tracked_in_other_ways() -> None:
    config = parse_keepalived(
        "$VIP=198.51.100.100\n"
        "include /etc/keepalived/more/*.conf\n"
        "vrrp_script ask {\n script /ask\n}\n"
        "vrrp_script heavy {\n script /heavy\n weight -5\n}\n"
        "vrrp_track_process proxy {\n process haproxy\n terminate_delay 2\n}\n"
        "vrrp_sync_group all {\n group {\n  one\n }\n track_script {\n  ask\n }\n}\n"
        "vrrp_instance one {\n virtual_ipaddress {\n  ${VIP}/24\n }\n"
        " virtual_ipaddress_excluded {\n  $OTHER\n }\n track_script {\n  heavy\n }\n}\n"
        "vrrp_instance two {\n track_process {\n  proxy weight -9\n }\n}\n"
    )
    one, two = config.instances
    # A script with a weight is ignored in a group that falls together.
    assert (one.addresses, one.scripts) == (("198.51.100.100", "$OTHER"), ("ask",))
    assert (two.scripts, two.weights) == (("proxy",), {"proxy": -9})
    process = config.scripts[2]
    assert (process.command, process.weight) == ("process haproxy", 1)
    assert (process.interval, process.timeout) == (timedelta(), 2 * SECOND)
    assert config.includes == ("/etc/keepalived/more/*.conf",)
