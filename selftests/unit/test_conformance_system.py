"""What the cluster itself runs as Pods: out of the API's lists, and judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.cluster.collect.system import system_of
from chaos.cluster.kube import Listed
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

ITEM = "system-pods"
PROXY = "DaemonSet kube-system/kube-proxy"
LONG = timedelta(minutes=2)


def proxy(**changes: Any) -> f.Facts:
    """With kube-proxy's Pod on the first node being otherwise."""
    return pod(PROXY, **changes)


def pod(of: str, **changes: Any) -> f.Facts:
    """With the first Pod of a controller being otherwise."""
    system = known(good().system)
    index = [p.owner for p in system.pods].index(of)
    return replace(good(), system=replace(system, pods=at(system.pods, index, **changes)))


def wanted(number: int) -> f.Facts:
    """With kube-proxy being wanted on so many nodes."""
    system = known(good().system)
    return replace(
        good(), system=replace(system, daemonsets=at(system.daemonsets, 0, wanted=number))
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            proxy(ready=False, since=LONG),
            "kube-system/kube-proxy-cp-1 on cp-1 has not been ready for 120 s",
        ),
        (
            proxy(ready=False, since=LONG, waiting="CreateContainerConfigError"),
            "has not been ready for 120 s (CreateContainerConfigError)",
        ),
        (
            proxy(ready=False, since=LONG, node=None),
            "kube-system/kube-proxy-cp-1, which has no node, has not been ready for 120 s",
        ),
        (
            pod("Node kube-system/cp-1", waiting="CrashLoopBackOff"),
            "kube-system/kube-scheduler-cp-1 on cp-1 does not run: CrashLoopBackOff",
        ),
        (proxy(waiting="ImagePullBackOff", since=None), "does not run: ImagePullBackOff"),
        (
            proxy(owner="Job kube-system/once", waiting="CrashLoopBackOff"),
            "does not run: CrashLoopBackOff",
        ),
        (wanted(7), f"{PROXY} is ready on 6 of 7 nodes"),
    ],
)
def test_what_is_not_well(facts: f.Facts, said: str) -> None:
    assert verdict(ITEM, facts) is Verdict.FAIL
    assert said in told(ITEM, facts)


def silent(facts: f.Facts) -> f.Facts:
    """With cp-1 not Ready."""
    nodes = known(facts.nodes)
    gone = replace(known(nodes[0].kubernetes), ready=False)
    return replace(facts, nodes=at(nodes, 0, kubernetes=gone))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (proxy(ready=False, since=timedelta(seconds=20)), "is not ready: for 20 s alone"),
        (proxy(ready=False, since=None), "is not ready: nobody says since when"),
        (silent(proxy(ready=False, since=LONG)), "kube-system/kube-proxy-cp-1: cp-1 is not Ready"),
        (replace(good(), system=SILENT), SILENT.reason),
    ],
)
def test_what_may_be_well_is_not_covered(facts: f.Facts, said: str) -> None:
    assert verdict(ITEM, facts) is Verdict.NOT_COVERED
    assert said in told(ITEM, facts)


@pytest.mark.parametrize(
    "facts",
    [
        good(),
        wanted(5),
        pod("Node kube-system/cp-1", owner="Job kube-system/once", ready=False, since=LONG),
    ],
)
def test_what_is_well(facts: f.Facts) -> None:
    assert verdict(ITEM, facts) is Verdict.PASS


# out of the API's lists

AT = datetime(2026, 11, 20, 15, 1, tzinfo=UTC)
Object = dict[str, Any]


def seen(name: str, namespace: str = "kube-system", **more: Any) -> Object:
    """A Pod that has been ready for a minute."""
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-20T15:00:00Z"}
    meta = {"name": name, "namespace": namespace, "creationTimestamp": "2026-11-20T14:00:00Z"}
    status = {"phase": "Running", "conditions": [ready]}
    return {"metadata": meta, "spec": {"nodeName": "w-1"}, "status": status} | more


def test_which_pods_are_the_system_s() -> None:
    refs = [{"kind": "DaemonSet", "name": "cni", "controller": True}]
    critical = {"nodeName": "w-2", "priorityClassName": "system-node-critical"}
    cni = seen("cni-1", "network", spec=critical)
    cni["metadata"]["ownerReferences"] = refs
    going = seen("going")
    going["metadata"]["deletionTimestamp"] = "2026-11-20T15:00:00Z"
    new = seen("new", spec={}, status={"phase": "Pending"})
    ended = seen("ended", status={"phase": "Succeeded"})
    pods = Listed((seen("dns"), cni, going, new, ended, seen("web", "shop")), "1", AT)
    template = {"template": {"spec": critical}, "selector": {}}
    status = {"desiredNumberScheduled": 3}
    sets = (
        {"metadata": {"name": "cni", "namespace": "network"}, "spec": template, "status": status},
        {
            "metadata": {"name": "logs", "namespace": "shop"},
            "spec": {"template": {"spec": {}}},
            "status": status,
        },
    )
    found = system_of(pods, Listed(sets, "1", AT))
    assert found.daemonsets == (f.DaemonSet(name="network/cni", wanted=3),)
    assert found.pods == (
        f.SystemPod(
            name="kube-system/dns", owner="", node="w-1", ready=True, since=timedelta(minutes=1)
        ),
        f.SystemPod(
            name="kube-system/new", owner="", node=None, ready=False, since=timedelta(minutes=61)
        ),
        f.SystemPod(
            name="network/cni-1",
            owner="DaemonSet network/cni",
            node="w-2",
            ready=True,
            since=timedelta(minutes=1),
        ),
    )
