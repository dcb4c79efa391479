"""What each fault takes, and so which times add up. To add a fault, add a function here.

A fault that no function here knows is not predictable, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chaos.prediction import etcd
from chaos.prediction.address import given_up, takeover
from chaos.prediction.balancer import ALLOWANCE, Gone
from chaos.prediction.case import KILL, Case, Struck
from chaos.prediction.client import Asks, Way
from chaos.prediction.errors import Unpredictable
from chaos.prediction.interval import Interval, total, up_to
from chaos.prediction.model import Branch, Term
from chaos.prediction.road import road_to, server_lost
from chaos.prediction.units import go_time

# Commands that go out to several nodes at once do not arrive at once.
SPREAD = 0.5
# A variant of stopping an apiserver: SIGTERM, as when its static Pod is replaced.
ORDERLY = "orderly"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a fault costs a client, and in a sentence why."""

    reason: str
    branches: tuple[Branch, ...] = ()


def kubelet_stop(_case: Case) -> Outlook:
    """Nothing: what kubelet started goes on without it."""
    return Outlook("the node's static Pods go on and serve; kubelet is not on the way of a request")


def containerd_stop(_case: Case) -> Outlook:
    """Nothing: each container belongs to its shim."""
    return Outlook("containers belong to their shims and go on; containerd is on no request's way")


def apiserver_stop(case: Case) -> Outlook:
    """The balancer's time to notice; a refusal it hands on; what an orderly stop leaves of it."""
    if case.variant == ORDERLY:
        stops = [_stopping(case, node) for node in case.having("control-plane")]
        reason = "one apiserver says that it is not ready, and goes on serving for a while"
        return Outlook(reason, tuple(branch for some in stops for branch in some))
    gone = Gone.REFUSED if case.variant == KILL else Gone.FROZEN
    branches = [
        branch for node in case.having("control-plane") for branch in _lost(case, node, gone)
    ]
    told = "refuses and resets" if case.variant == KILL else "is silent"
    return Outlook(f"one apiserver {told} until the balancer takes it out", tuple(branches))


def etcd_stop(case: Case) -> Outlook:
    """An election, if it was the leader; and the apiserver that knows no other member."""
    branches: list[Branch] = []
    alone = False
    for node in case.stage.targets:
        if _alone(case, node):
            alone = True
            before = etcd.unready(case.settings, case.client)
            branches += _unready(case, node, before)
        elif case.variant != KILL:
            branches += etcd.silent_member(_members(case), case.client)
    leader = case.leader
    if leader is not False:
        branches += etcd.election(case.settings, case.client, sure=leader is True)
    reason = {
        True: "the leader stops: the others elect",
        False: "a follower stops: no election",
        None: "whether it leads is not known",
    }[leader]
    beside = "the apiserver beside it knows no other" if alone else "apiservers know the others"
    return Outlook(f"{reason}; {beside}", tuple(branches))


def zone_partition(case: Case) -> Outlook:
    """The longest of: the address moves, etcd elects, balancers give the zone's apiservers up."""
    branches: list[Branch] = []
    told = []
    holder = case.holder
    if case.balancers and holder is not False:
        branches += _moved(case, sure=holder is True)
        told.append("the virtual IP moves")
    for node in case.having("control-plane"):
        branches += _lost(case, node, Gone.UNREACHABLE)
    if case.having("control-plane"):
        told.append("one server of the balancer's is silent")
    voters = case.having("etcd", *(() if case.stage.etcd == "external" else ("control-plane",)))
    if voters and case.leader is not False:
        branches += etcd.election(case.settings, case.client, sure=case.leader is True)
        told.append("etcd elects")
    if voters and _shared(case):
        branches += etcd.silent_member(_members(case), case.client)
        told.append("apiservers wait for a silent member")
    if len(case.stage.targets) > 1:
        late = Term("the zone's nodes are not cut at one moment", up_to(SPREAD), ALLOWANCE)
        branches = [Branch(b.name, b.share, (*b.terms, late), b.sure) for b in branches]
    return Outlook("; ".join(told) or "nobody on a request's way is in the zone", tuple(branches))


def balancer_kill(case: Case) -> Outlook:
    """The time until the other balancer has the address."""
    branches = _moved(case, sure=case.holder is True)
    told = "nothing listens on the address" if case.variant == KILL else "its holder is silent"
    return Outlook(f"{told} until the other balancer has it", tuple(branches))


def haproxy_stop(case: Case) -> Outlook:
    """The time until the holder's own scripts notice, and the other balancer has the address."""
    stage, known = case.stage, case.settings
    if case.holder is None or not stage.virtual_ip:
        raise Unpredictable("who holds the address is not known")
    if not case.holder:
        return Outlook("the address is elsewhere: nobody is sent to this balancer")
    (holder,) = case.balancers
    hangs = case.variant != KILL
    terms = given_up(known, stage.virtual_ip, holder=holder, hangs=hangs)
    told = "the holder's scripts notice that its HAProxy does not serve, and the address moves"
    return Outlook(told, (Branch("the holder's HAProxy does not serve", 1.0, terms),))


def _lost(case: Case, node: Struck, gone: Gone) -> tuple[Branch, ...]:
    road = road_to(case.settings, name=node.name, address=node.address, without=case.balancers)
    return server_lost(road, gone, case.client)


def _stopping(case: Case, node: Struck) -> tuple[Branch, ...]:
    """It is not ready from the signal on, and serves for shutdown-delay-duration more."""
    flag = "shutdown-delay-duration"
    flags = case.settings.flags("kube-apiserver").get(node.name)
    if flags is None:
        raise Unpredictable(f"the arguments of kube-apiserver on {node.name} are not known")
    value = flags.get(flag)
    delay = go_time(value).total_seconds() if value else 0.0
    source = f"{node.name}: --{flag}={value}" if value else "the default of kube-apiserver, 0 s"
    serves = Term("it serves until then", Interval(-delay, -delay), source)
    road = road_to(case.settings, name=node.name, address=node.address, without=frozenset())
    return server_lost(road, Gone.UNREADY, case.client, before=(serves,))


def _unready(case: Case, node: Struck, before: tuple[Term, ...]) -> tuple[Branch, ...]:
    if case.client.asks is Asks.NOTHING:
        return ()
    road = road_to(case.settings, name=node.name, address=node.address, without=frozenset())
    return server_lost(road, Gone.UNREADY, case.client, before=before)


def _moved(case: Case, *, sure: bool) -> list[Branch]:
    if not case.stage.virtual_ip:
        raise Unpredictable("the endpoint has no address of which is known who holds it")
    terms = takeover(case.settings, case.stage.virtual_ip, lost=case.balancers)
    length = total(term.interval for term in terms)
    if case.client.way is Way.KEPT and case.client.turn > length.least:
        left = up_to(case.client.turn - length.least)
        told = f"{case.client.slots} connections, one each {case.client.period:g} s"
        terms = (*terms, Term("kept connections whose turn had not come", left, told))
    if case.client.way is Way.ONE and case.variant != KILL:
        # What was sent into the void is sent again after ever longer pauses, each twice the last.
        terms = (*terms, Term("TCP sends again", up_to(length.most), "RFC 6298, 5.5"))
    return [Branch("nobody answers for the virtual IP", 1.0, terms, sure)]


def _alone(case: Case, node: Struck) -> bool:
    known = etcd.knows_one(case.settings, node.name)
    return case.stage.etcd == "stacked" if known is None else known


def _shared(case: Case) -> bool:
    """Whether apiservers know members of etcd beside their own."""
    known = [etcd.knows_one(case.settings, n) for n in case.settings.flags("kube-apiserver")]
    return False in known if known else case.stage.etcd != "stacked"


def _members(case: Case) -> int:
    found = case.settings.members
    return found if isinstance(found, int) else max(1, len(case.settings.flags("etcd")))


FAULTS: Mapping[str, Callable[[Case], Outlook]] = MappingProxyType(
    {
        "kubelet-stop": kubelet_stop,
        "containerd-stop": containerd_stop,
        "apiserver-stop": apiserver_stop,
        "etcd-stop": etcd_stop,
        "zone-partition": zone_partition,
        "balancer-kill": balancer_kill,
        "haproxy-stop": haproxy_stop,
    }
)
