"""The containers and volumes of a workload, and how its Pods came up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from chaos.cluster.collect.volumes import Volumes
from chaos.cluster.facts import Container, Volume
from chaos.cluster.kube import Object


def of(template: Object, pods: Iterable[Object]) -> Iterator[Container]:
    """The containers of a workload: as its newest Pod has them, else as its template does.

    The API fills in what a Pod does not say, and others put containers into it.
    """
    newest = max(pods, key=lambda pod: pod["metadata"].get("creationTimestamp") or "", default=None)
    spec = newest["spec"] if newest else template
    own = {one.get("name") for _, one in _each(template)}
    whole = spec.get("resources") or {}
    for kind, one in _each(spec):
        yield _container(one, kind, whole, given=one.get("name") not in own)


def _each(spec: Object) -> Iterator[tuple[str, Object]]:
    """The containers of a Pod, with their kind."""
    for one in spec.get("containers") or ():
        yield "", one
    for one in spec.get("initContainers") or ():
        yield "sidecar" if one.get("restartPolicy") == "Always" else "init", one


def _container(container: Object, kind: str, whole: Object, *, given: bool) -> Container:
    own = container.get("resources") or {}
    limits = {**(whole.get("limits") or {}), **(own.get("limits") or {})}
    # What has a limit and no request asks for as much.
    requests = {**limits, **(whole.get("requests") or {}), **(own.get("requests") or {})}
    return Container(
        name=container.get("name", ""),
        image=container.get("image", ""),
        pull=container.get("imagePullPolicy") or "IfNotPresent",
        requests={name: str(value) for name, value in requests.items()},
        limits={name: str(value) for name, value in limits.items()},
        readiness=bool(container.get("readinessProbe")),
        liveness=bool(container.get("livenessProbe")),
        kind=kind,
        given=given,
    )


def volumes(item: Object, pods: Iterable[Object], kept: Volumes | None) -> Iterator[Volume]:
    """What a workload keeps: folders of nodes, and claims as its template or its Pods have them."""
    namespace, spec = item["metadata"]["namespace"], item["spec"]
    template = spec["template"]["spec"]
    written = {
        mount.get("name")
        for _, one in _each(template)
        for mount in one.get("volumeMounts") or ()
        if not mount.get("readOnly")
    }
    for volume in template.get("volumes") or ():
        # What is only read is its node's, as /etc/ssl/certs: nothing is kept there.
        if (path := volume.get("hostPath")) and volume.get("name") in written:
            yield Volume(kind="hostPath", name=path.get("path", ""))
    common = dict.fromkeys(_claims(template))
    claims = common | dict.fromkeys(name for pod in pods for name in _claims(pod["spec"]))
    if not claims:
        claims = {t["metadata"]["name"]: None for t in spec.get("volumeClaimTemplates") or ()}
    for name in claims:
        if kept is None:
            found = Volume(
                kind="claim", name=name, missing="claims and volumes could not be listed"
            )
        else:
            found = kept.kept(namespace, name)
        yield replace(found, shared=name in common)


def _claims(spec: Object) -> Iterator[str]:
    for volume in spec.get("volumes") or ():
        if claim := volume.get("persistentVolumeClaim"):
            yield claim["claimName"]


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


def readied(item: Object, pods: Iterable[Object]) -> timedelta | None:
    """From when the last Pod of a Deployment's newest release had a node until all were ready.

    Its condition keeps that time. A Pod's does not: that changes whenever its node is silent, its
    kubelet starts anew or an answer is late.
    """
    conditions = (item.get("status") or {}).get("conditions") or ()
    done: Object = next((c for c in conditions if c.get("reason") == "NewReplicaSetAvailable"), {})
    if not done.get("lastUpdateTime"):
        return None
    complete = datetime.fromisoformat(done["lastUpdateTime"])
    begun = [at for pod in pods if (at := _begun(pod)) and at <= complete]
    return complete - max(begun) if begun else None


def _begun(pod: Object) -> datetime | None:
    """When it had a node: the first Pods of a cluster wait for one until there is a network."""
    text = pod["metadata"].get("creationTimestamp")
    for one in (pod.get("status") or {}).get("conditions") or ():
        if (one["type"], one["status"]) == ("PodScheduled", "True"):
            text = one.get("lastTransitionTime") or text
    return datetime.fromisoformat(text) if text else None


def _statuses(pod: Object) -> Iterable[Object]:
    return (pod.get("status") or {}).get("containerStatuses") or ()
