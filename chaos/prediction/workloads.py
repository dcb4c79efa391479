"""When what runs on a node that is gone is replaced, and when another controller leads.

Sources: Kubernetes, "Nodes" and "Taints and Tolerations"; kube-controller-manager's reference
(--node-monitor-grace-period: 50 s since 1.32, 40 s before; --node-monitor-period 5 s); kubelet
renews its Lease each 10 s; client-go, tools/leaderelection (JitterFactor 1.2: a candidate looks
again after 1 to 2.2 × retry-period). All of these raise Unpredictable where the arguments of the
programs are not known: a default is one only where nothing else was given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from chaos.cluster.facts import NotAvailable
from chaos.cluster.settings import Settings
from chaos.prediction.errors import Unpredictable
from chaos.prediction.interval import Interval, hull, total, up_to
from chaos.prediction.model import Term
from chaos.prediction.units import go_time

CONTROLLERS = "kube-controller-manager"
RENEWS = 10.0
_REFERENCE = "the default of kube-controller-manager"
_JITTER = 1.2


def unreachable(settings: Settings) -> tuple[Term, ...]:
    """Until a silent node is NotReady and its Pods have left the Services' endpoints."""
    grace = _durations(settings, CONTROLLERS, "node-monitor-grace-period", _grace(settings))
    period = _durations(settings, CONTROLLERS, "node-monitor-period", (Interval(5, 5), _REFERENCE))
    return (
        Term("node-monitor-grace-period", *grace),
        Term("its last sign of life came earlier", Interval(-RENEWS, 0.0), "kubelet's Lease, 40 s"),
        Term("until the controller looks again", up_to(period[0].most), period[1]),
    )


def evicted(settings: Settings) -> tuple[Term, ...]:
    """Until its Pods are replaced, from the fault on. Starting the new ones comes on top."""
    flag = "default-unreachable-toleration-seconds"
    known = settings.flags("kube-apiserver")
    if not known:
        raise Unpredictable("the arguments of no kube-apiserver are known")
    found = [(n, f[flag]) for n, f in known.items() if flag in f]
    if found:
        ends = hull(Interval(float(v), float(v)) for _, v in found)
        source = "; ".join(f"{n}: --{flag}={v}" for n, v in found)
    else:
        ends, source = Interval(300, 300), "the default of kube-apiserver, DefaultTolerationSeconds"
    return (*unreachable(settings), Term("toleration of unreachable", ends, source))


def new_leader(settings: Settings, program: str) -> tuple[Term, ...]:
    """Until another holds the Lease of a program whose leader gave no notice."""
    default = {"lease-duration": 15.0, "retry-period": 2.0}
    known = {
        name: _durations(
            settings,
            program,
            f"leader-elect-{name}",
            (Interval(seconds, seconds), f"the default of {program}"),
        )
        for name, seconds in default.items()
    }
    retry, said = known["retry-period"]
    longest = retry.most * (1 + _JITTER)
    return (
        Term("the Lease must stand unchanged so long", *known["lease-duration"]),
        # It was renewed up to one period before, and seen up to one look later.
        Term("since a candidate last saw it renewed", Interval(-retry.most, longest), said),
        Term("until a candidate looks again", up_to(longest), said),
    )


def length(terms: tuple[Term, ...]) -> Interval:
    """Terms one after another."""
    return total(term.interval for term in terms).at_least(0.0)


def _grace(settings: Settings) -> tuple[Interval, str]:
    version = settings.kubernetes
    found = None if isinstance(version, NotAvailable) else re.match(r"v?1\.(\d+)", version)
    if found is None:
        told = f"{_REFERENCE}: 40 s, since 1.32 50 s; the version is not known"
        return Interval(40, 50), told
    seconds = 50.0 if int(found[1]) >= 32 else 40.0
    return Interval(seconds, seconds), f"{_REFERENCE} {version}"


def _durations(
    settings: Settings, program: str, flag: str, default: tuple[Interval, str]
) -> tuple[Interval, str]:
    """A flag of all instances: whichever acts."""
    flags: Mapping[str, Mapping[str, str]] = settings.flags(program)
    given = {node: found[flag] for node, found in flags.items() if flag in found}
    ends = [go_time(value).total_seconds() for value in given.values()]
    if not flags:
        raise Unpredictable(f"the arguments of no {program} are known")
    if not given:
        return default
    if len(given) < len(flags):
        ends += [default[0].least, default[0].most]
    told = sorted({f"--{flag}={value}" for value in given.values()})
    return Interval(min(ends), max(ends)), f"{', '.join(sorted(given))}: {' '.join(told)}"
