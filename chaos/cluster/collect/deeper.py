"""The facts that need the first round's answers: asked of apiservers, etcd and doors again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import asked_of_nodes as of
from chaos.cluster.collect import (
    declared,
    encryption_config,
    etcd_metrics,
    keys,
    kubeconfigs,
    kubelets,
    program_files,
    replacing,
    restore,
    roles,
    schedules,
    uninvited,
)
from chaos.cluster.collect.lists import Lists, not_available
from chaos.cluster.collect.on_nodes import Answers
from chaos.cluster.collect.uninvited import Asking
from chaos.cluster.etcd_parse import EtcdUnreadable
from chaos.cluster.facts import (
    BackupSchedule,
    EtcdAlarm,
    EtcdFacts,
    Facts,
    HealthCheck,
    NotAvailable,
    ProgramVersion,
    Restored,
)
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.parallel import Later, together
from chaos.cluster.shell import Said
from chaos.errors import HoldfastError

_ALARMS = {1: "NOSPACE", 2: "CORRUPT"}


@dataclass(frozen=True, slots=True)
class Deeper:
    """What is asked at the same time as the second round's certificates."""

    restored: Later[object]
    etcd: Later[EtcdFacts | NotAvailable]
    asked: Later[tuple[ProgramVersion, ...] | NotAvailable]
    replacing: Later[tuple[HealthCheck, ...] | NotAvailable]

    @classmethod
    def begin(cls, cluster: Cluster, answers: Answers, etcd: EtcdFacts | NotAvailable) -> Deeper:
        """Begin asking."""
        return cls(
            Later(partial(restore.look, cluster, answers.backups(), prefix=_prefix(answers))),
            Later(partial(_etcd, cluster, etcd)),
            Later(partial(_versions, cluster)),
            Later(partial(_replacing, cluster)),
        )

    def added(self, facts: Facts, lists: Lists, answers: Answers, doors: Sequence[Asking]) -> Facts:
        """The facts with these.

        Args:
            doors: what is asked without credentials.
        """
        knocking = Later(partial(uninvited.ask, doors))
        by_image = lists.use(declared.versions, "pods")
        restored = self.restored.result()
        asked = self.asked.result()
        return replace(
            facts,
            components=program_files.added(
                facts.components, answers.each(of.FILES, lambda _, said: program_files.read(said))
            ),
            etcd=self.etcd.result(),
            replacing=self.replacing.result(),
            created=lists.use(declared.created, "namespaces"),
            kubeadm=lists.use(declared.kubeadm, "configmaps"),
            pointers={
                "kube-proxy": lists.use(declared.proxy_server, "configmaps"),
                "cluster-info": _cluster_info(lists),
            },
            kubeconfigs=answers.each(of.KUBECONFIGS, lambda _, said: kubeconfigs.read(said)),
            keys=answers.each(of.KEYS, lambda _, said: keys.read(said)),
            kubelets=answers.each(of.KUBELET, kubelets.read),
            versions=by_image if isinstance(by_image, NotAvailable) else _merged(asked, by_image),
            etcd_metrics=answers.each(of.METRICS, lambda _, said: etcd_metrics.read(said)),
            encryption_configs=answers.each(
                of.ENCRYPTION, lambda _, said: encryption_config.read(said)
            ),
            anonymous=knocking.result(),
            bindings=lists.use(declared.bindings, "bindings", "role_bindings"),
            powerful=lists.use(roles.powerful, "cluster_roles"),
            schedules=_schedules(answers, lists),
            restored=restored if isinstance(restored, Restored | NotAvailable) else facts.restored,
        )


def _prefix(answers: Answers) -> str:
    """Of all keys in etcd, as an apiserver writes them."""
    for found in answers.components().values():
        for one in () if isinstance(found, NotAvailable) else found:
            if prefix := one.flags.get("etcd-prefix"):
                return f"/{prefix.strip('/')}"
    return "/registry"


def _schedules(
    answers: Answers, lists: Lists
) -> Mapping[str, tuple[BackupSchedule, ...] | NotAvailable]:
    taking = answers.each(of.SCHEDULES, lambda _, said: schedules.read(said))
    return {**taking, "": lists.use(schedules.cron_jobs, "cronjobs", "configmaps")}


def _cluster_info(lists: Lists) -> str | NotAvailable:
    info = lists.cluster_info
    return info if isinstance(info, NotAvailable) else declared.cluster_info_server(info)


def _merged(
    asked: tuple[ProgramVersion, ...] | NotAvailable, by_image: tuple[ProgramVersion, ...]
) -> tuple[ProgramVersion, ...]:
    """What they said themselves, and their Pods' images where they were not asked."""
    said = () if isinstance(asked, NotAvailable) else asked
    known = {(one.name, one.node) for one in said}
    return (*said, *(one for one in by_image if (one.name, one.node) not in known))


def _replacing(cluster: Cluster) -> tuple[HealthCheck, ...] | NotAvailable:
    try:
        return replacing.look(cluster.kube)
    except HoldfastError as why:
        return not_available(why)


def _versions(cluster: Cluster) -> tuple[ProgramVersion, ...] | NotAvailable:
    """The version of each apiserver, asked past the balancer."""

    def ask(name: str) -> str:
        return str(Kube(cluster.apiserver(name)).get("/version")["gitVersion"])

    names = [node.name for node in cluster.with_role(Role.CONTROL_PLANE)]
    found = together({name: partial(ask, name) for name in names})
    return tuple(
        ProgramVersion(name="kube-apiserver", node=name, version=version, source="asked")
        for name, version in found.items()
        if isinstance(version, str)
    )


def _etcd(cluster: Cluster, etcd: EtcdFacts | NotAvailable) -> EtcdFacts | NotAvailable:
    """With the alarms that are raised and the number of keys."""
    if isinstance(etcd, NotAvailable):
        return etcd
    asking = ("etcdctl_ alarm list -w json", 'etcdctl_ get "" --prefix --count-only -w fields')
    try:
        _, (alarms, keys) = cluster.etcd.ask(*asking, read=_read)
    except HoldfastError as why:
        missing = not_available(why)
        return replace(etcd, alarms=missing, keys=missing)
    return replace(etcd, alarms=alarms, keys=keys)


def _read(answers: Sequence[Said]) -> tuple[tuple[EtcdAlarm, ...], int]:
    listed, counted = answers
    try:
        found = json.loads(listed.out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise EtcdUnreadable(f"its alarms could not be read: {listed.why}") from None
    count = re.search(r'^"Count" : (\d+)$', counted.out, re.MULTILINE)
    if count is None:
        raise EtcdUnreadable(f"its keys could not be counted: {counted.why}")
    alarms = tuple(
        EtcdAlarm(
            member=f"{one.get('memberID', 0):x}",
            kind=_ALARMS.get(one.get("alarm", 0), str(one.get("alarm"))),
        )
        for one in found.get("alarms") or ()
    )
    return alarms, int(count[1])
