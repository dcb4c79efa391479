"""The containers and volumes of a workload, and how its Pods came up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chaos.cluster.collect.volumes import Volumes
from chaos.cluster.facts import Container, Volume
from chaos.cluster.kube import Object


def of(container: Object) -> Container:
    """A container of a template."""
    resources = container.get("resources") or {}
    return Container(
        name=container.get("name", ""),
        image=container.get("image", ""),
        pull=container.get("imagePullPolicy") or "IfNotPresent",
        requests={k: str(v) for k, v in (resources.get("requests") or {}).items()},
        limits={k: str(v) for k, v in (resources.get("limits") or {}).items()},
        readiness=bool(container.get("readinessProbe")),
        liveness=bool(container.get("livenessProbe")),
    )


def volumes(item: Object, pods: Iterable[Object], kept: Volumes | None) -> Iterator[Volume]:
    """What a workload keeps: folders of nodes, and claims as its template or its Pods have them."""
    namespace, spec = item["metadata"]["namespace"], item["spec"]
    claims: dict[str, None] = {}
    for pod_spec in (spec["template"]["spec"], *(pod["spec"] for pod in pods)):
        for volume in pod_spec.get("volumes") or ():
            if claim := volume.get("persistentVolumeClaim"):
                claims[claim["claimName"]] = None
    for volume in spec["template"]["spec"].get("volumes") or ():
        if path := volume.get("hostPath"):
            yield Volume(kind="hostPath", name=path.get("path", ""))
    if not claims:
        for template in spec.get("volumeClaimTemplates") or ():
            claims[template["metadata"]["name"]] = None
    for name in claims:
        if kept is None:
            yield Volume(kind="claim", name=name, missing="claims and volumes could not be listed")
        else:
            yield kept.kept(namespace, name)


def waiting(pod: Object) -> str:
    """Why a container of it does not run."""
    status = pod.get("status") or {}
    for one in (*(status.get("initContainerStatuses") or ()), *_statuses(pod)):
        reason = ((one.get("state") or {}).get("waiting") or {}).get("reason")
        if reason:
            return str(reason)
    return ""


def started(pod: Object) -> timedelta | None:
    """From when it had a node until its last container ran; None where one was started again."""
    times = []
    for one in _statuses(pod):
        running = (one.get("state") or {}).get("running") or {}
        if one.get("restartCount") or not running.get("startedAt"):
            return None
        times.append(datetime.fromisoformat(running["startedAt"]))
    begun = _begun(pod)
    return max(timedelta(), max(times) - begun) if begun and times else None


def readied(pod: Object) -> timedelta | None:
    """From then until its containers were ready, as they last became.

    Not the Pod itself: that is not Ready either while its node is silent.
    """
    begun, ready = _begun(pod), _changed(pod, "ContainersReady")
    return max(timedelta(), ready - begun) if begun and ready else None


def _begun(pod: Object) -> datetime | None:
    """When it had a node: the first Pods of a cluster wait for one until there is a network."""
    created = pod["metadata"].get("creationTimestamp")
    return _changed(pod, "PodScheduled") or (datetime.fromisoformat(created) if created else None)


def _changed(pod: Object, kind: str) -> datetime | None:
    """When a condition became true; None where it is not, or nobody says."""
    for one in (pod.get("status") or {}).get("conditions") or ():
        if (one["type"], one["status"]) == (kind, "True") and one.get("lastTransitionTime"):
            return datetime.fromisoformat(one["lastTransitionTime"])
    return None


def _statuses(pod: Object) -> Iterable[Object]:
    return (pod.get("status") or {}).get("containerStatuses") or ()
