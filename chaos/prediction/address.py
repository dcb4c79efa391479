"""How long the virtual IP has no holder that answers.

The others take it when they have heard no advert for 3 × the interval + skew, counted from the last
one, which was sent up to one interval before the fault. The skew is (256 - priority) / 256, in
seconds in VRRP 2, of an advert's interval in VRRP 3; whoever has the least comes first. A holder
that is killed or frozen gives no notice: only an orderly stop sends priority 0.

Where keepalived lives and its HAProxy does not, a tracked script has to notice: it runs once an
interval, may take its time-out (by default the interval), and counts from its `fall`th failure on.
Then the holder either gives the address up (a script without weight), which takes the heir its
skew, or goes on at a lower priority, which may take it as long as a holder's death. Which script
looks at HAProxy cannot be read, so the interval spans all of them.

Sources: RFC 5798, 6.1 (Skew_Time, Master_Down_Interval); RFC 3768, 6.1; keepalived.conf(5)
(advert_int, priority, vrrp_version, 2 where it is not given; weight of scripts).
"""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import NotAvailable, VrrpInstance, VrrpScript
from chaos.cluster.settings import KeepalivedFile, Settings
from chaos.cluster.vrrp import heeded, lets_go, priority, weight
from chaos.prediction.balancer import ALLOWANCE, LAN
from chaos.prediction.errors import Unpredictable
from chaos.prediction.interval import ENDLESS, Interval, hull, up_to
from chaos.prediction.lines import keepalived_line
from chaos.prediction.model import Term


def takeover(settings: Settings, virtual_ip: str, *, lost: frozenset[str]) -> tuple[Term, ...]:
    """Until another balancer has the address, as terms one after another.

    Args:
        lost: the balancers that are struck, its holder among them.

    Raises:
        Unpredictable: nobody else has it in a configuration that could be read.
    """
    heirs = list(_heirs(settings, virtual_ip, lost))
    if not heirs:
        raise Unpredictable(_why(settings, virtual_ip, lost))
    node, file, instance = min(heirs, key=lambda heir: _down(heir[1], heir[2]))
    advert = instance.advert.total_seconds()
    skew = _skew(file, instance)
    block = f"vrrp_instance {instance.name}"
    version = _said(
        node, file, "global_defs", "vrrp_version", "keepalived.conf(5): VRRP 2 if not given"
    )
    priority = _said(node, file, block, "priority", "keepalived.conf(5): 100 if not given")
    interval = _said(node, file, block, "advert_int", "keepalived.conf(5): 1 s if not given")
    return (
        Term("three adverts are missed", Interval(2 * advert, 3 * advert), interval),
        Term("skew", Interval(skew, skew), f"{priority}; {version}"),
        Term("the network hears who has it (gratuitous ARP)", up_to(LAN), ALLOWANCE),
    )


def given_up(settings: Settings, virtual_ip: str, *, holder: str, hangs: bool) -> tuple[Term, ...]:
    """Until the holder of the address lets go of it because its own HAProxy does not serve.

    Args:
        hangs: HAProxy is frozen, so that a script takes its time-out; else it is refused.

    Raises:
        Unpredictable: the holder's configuration or its heir's is not known.
    """
    file = settings.keepalived.get(holder)
    if not isinstance(file, KeepalivedFile):
        raise Unpredictable(f"keepalived's configuration on {holder} is not known")
    mine = [i for i in file.config.instances if virtual_ip in i.addresses]
    tracked = {name for instance in mine for name in instance.scripts}
    scripts = [one for one in file.config.scripts if one.name in tracked]
    if not scripts:
        return (
            Term("nothing looks at HAProxy", ENDLESS, f"{holder}:{file.path}, no track_script"),
        )
    missed, skew, heard = takeover(settings, virtual_ip, lost=frozenset([holder]))
    heirs = [(f.config, i) for _, f, i in _heirs(settings, virtual_ip, frozenset([holder]))]
    if not any(lets_go(file.config, one, heeded(file.config, one), heirs) for one in mine):
        light = f"{holder}:{file.path}, weight of {', '.join(one.name for one in scripts)}"
        return (Term("no heir comes before the holder", ENDLESS, light),)
    noticed = hull(_script(one, hangs=hangs) for one in scripts)
    said = [_said(holder, file, f"vrrp_script {one.name}", "interval", "1 s") for one in scripts]
    weighs = any(weight(instance, one) for instance in mine for one in scripts)
    waits = Interval(0.0, missed.interval.most if weighs else 0.0)
    return (
        Term("a script fails often enough", noticed, ", ".join(said)),
        Term("the heir's patience", waits, missed.source),
        skew,
        heard,
    )


def _script(script: VrrpScript, *, hangs: bool) -> Interval:
    every = script.interval.total_seconds()
    longest = (script.timeout or script.interval).total_seconds() if hangs else LAN
    least = (script.fall - 1) * every
    return Interval(least, least + every + longest)


def _heirs(
    settings: Settings, virtual_ip: str, lost: frozenset[str]
) -> Iterator[tuple[str, KeepalivedFile, VrrpInstance]]:
    for node, file in settings.keepalived.items():
        if node in lost or isinstance(file, NotAvailable):
            continue
        for instance in file.config.instances:
            if virtual_ip in instance.addresses:
                yield node, file, instance


def _why(settings: Settings, virtual_ip: str, lost: frozenset[str]) -> str:
    unread = [
        f"{node}: {file.reason}"
        for node, file in settings.keepalived.items()
        if node not in lost and isinstance(file, NotAvailable)
    ]
    return "; ".join(unread) or f"no other balancer is known that takes {virtual_ip} over"


def _down(file: KeepalivedFile, instance: VrrpInstance) -> float:
    return 3 * instance.advert.total_seconds() + _skew(file, instance)


def _skew(file: KeepalivedFile, instance: VrrpInstance) -> float:
    share = (256 - priority(file.config, instance)) / 256
    return share * (instance.advert.total_seconds() if _version(file.text) == 3 else 1.0)


def _version(text: str) -> int:
    number = keepalived_line(text, "global_defs", "vrrp_version")
    words = text.splitlines()[number - 1].split() if number else []
    return 3 if words[1:2] == ["3"] else 2


def _said(node: str, file: KeepalivedFile, block: str, word: str, otherwise: str) -> str:
    number = keepalived_line(file.text, block, word)
    return f"{node}:{file.path}:{number} {word}" if number else otherwise
