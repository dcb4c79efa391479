"""Judging whether the endpoint's address leaves a balancer whose HAProxy is dead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster.facts import Facts
from chaos.cluster.keepalived import parse_keepalived
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import ADDRESS
from selftests.unit.conformance_support import good, known, told, verdict
from selftests.unit.conformance_wide import KEEPALIVED

WATCHED, MOVES, SINGLE = (
    "keepalived-watches-haproxy",
    "virtual-ip-moves-in-time",
    "balancer-no-single-point",
)
WEIGHT, TRACKED = "    fall 2\n", "    track_script {\n        haproxy\n    }\n"
ADDRESSES = f"    virtual_ipaddress {{\n        {ADDRESS}/24\n    }}\n"


def edited(*edits: tuple[str, str], first: int = 150) -> Facts:
    """With lb-1 so, at this priority, and lb-2 at priority 100."""
    text = KEEPALIVED
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    pair = (text.replace("priority 100", f"priority {first}"), text)
    balancers = tuple(
        replace(one, keepalived=parse_keepalived(said))
        for one, said in zip(known(good().balancers), pair, strict=True)
    )
    return replace(good(), balancers=balancers)


def weighing(number: int, **more: int) -> Facts:
    return edited((WEIGHT, f"{WEIGHT}    weight {number}\n"), **more)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (weighing(-20), "lb-1, instance api: it keeps the address with HAProxy dead: its priority "
            "is then 130 (weight of haproxy -20), the others have 100"),
        # Equals leave each other alone.
        (weighing(-50), "its priority is then 100"),
        (weighing(20), "its priority is then 150 (weight of haproxy 20), the others have 120"),
        (weighing(-20, first=255), "its priority is then 255"),
        (
            edited(
                (WEIGHT, f"{WEIGHT}    weight -20\n"),
                ("    interface", "    nopreempt\n    interface"),
                first=110,
            ),
            "its priority is then 90 (weight of haproxy -20), the others have 100 (nopreempt)",
        ),
        (edited((TRACKED, TRACKED.replace("haproxy", "haproxy weight -20"))), "is then 130"),
        (
            edited(("/usr/bin/curl http://127.0.0.1:8404/alive", "/bin/true")),
            'haproxy ("/bin/true") asks nothing of HAProxy',
        ),
    ],
)  # fmt: skip
def test_it_would_keep_the_address(facts: Facts, said: str) -> None:
    assert verdict(WATCHED, facts) is Verdict.FAIL
    assert said in told(WATCHED, facts)
    assert verdict(MOVES, facts) is Verdict.PASS
    assert "falls silent, never because its scripts find it sick" in told(MOVES, facts)


PROCESS = "vrrp_track_process proxy {\n process haproxy\n weight 0\n}\nvrrp_instance"
GROUP = "vrrp_sync_group all {\n group {\n  api\n }\n track_script {\n  haproxy\n }\n}\n"


@pytest.mark.parametrize(
    "facts",
    [
        weighing(0),
        weighing(-51),
        weighing(-20, first=110),
        weighing(60),
        edited(
            (WEIGHT, f"{WEIGHT}    weight -20\n"),
            (TRACKED, TRACKED.replace("haproxy", "haproxy weight 0")),
        ),
        edited(
            ("vrrp_instance", PROCESS),
            (TRACKED, "    track_process {\n        proxy\n    }\n"),
        ),
        edited(("vrrp_instance", f"{GROUP}vrrp_instance"), (TRACKED, "")),
        edited(
            ("vrrp_script", f"$VIP={ADDRESS}\nvrrp_script"),
            (ADDRESSES, "    virtual_ipaddress {\n        ${VIP}/24\n    }\n"),
        ),
        edited((ADDRESSES, ADDRESSES.replace("address {", "address_excluded {"))),
    ],
)
def test_it_lets_go(facts: Facts) -> None:
    assert [verdict(item, facts) for item in (WATCHED, MOVES, SINGLE)] == [Verdict.PASS] * 3
    assert "at most after its scripts find it sick" in told(MOVES, facts)


MORE = "include more.conf\nvrrp_script"
SECOND = 'vrrp_script other {\n script "/ask"\n weight -30\n}\nvrrp_instance'


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (edited(("vrrp_script", MORE), (TRACKED, "")), "its scripts: not read: more.conf"),
        (edited(("vrrp_script", MORE), (ADDRESSES, "")), f"lb-1 has {ADDRESS}: not read: more"),
        (edited((ADDRESS, "$VIP")), f"lb-1 has {ADDRESS}: not read: $VIP"),
        (
            edited(
                (WEIGHT, f"{WEIGHT}    weight -30\n"),
                (TRACKED, TRACKED.replace("haproxy", "haproxy\n        other")),
                ("vrrp_instance", SECOND),
            ),
            "only with haproxy, other failing together does it come after another",
        ),
        (
            replace(weighing(-20), balancers=known(weighing(-20).balancers)[:1]),
            "lb-1, instance api: who takes it over: haproxy only lower its priority",
        ),
    ],
)
def test_what_is_not_known(facts: Facts, said: str) -> None:
    assert verdict(WATCHED, facts) is Verdict.NOT_COVERED
    assert said in told(WATCHED, facts)
