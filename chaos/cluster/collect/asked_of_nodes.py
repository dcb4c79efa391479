"""What a machine is asked about the control plane, which follows from its roles."""

from __future__ import annotations

from posixpath import dirname

from chaos.cluster.collect import (
    encryption_config,
    etcd_metrics,
    keys,
    kubeconfigs,
    kubelets,
    program_files,
    schedules,
)
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import KUBEADM_PKI, Role
from chaos.cluster.node import Node

KEYS, KUBECONFIGS, KUBELET, METRICS, ENCRYPTION, SCHEDULES, FILES = (
    *("keys", "kubeconfigs", "kubelet", "etcd metrics", "encryption configuration", "schedules"),
    "configuration files",
)


def questions(inventory: Inventory, node: Node) -> dict[str, str]:
    """Shell text by what it is for."""
    asked: dict[str, str] = {}
    etcd = inventory.etcd
    pki = (etcd.pki or KUBEADM_PKI) if etcd and Role.ETCD in node.roles else None
    if node.roles & {Role.CONTROL_PLANE, Role.ETCD}:
        asked[KEYS] = keys.question([dirname(pki.ca)] if pki else ())
    if node.roles & {Role.CONTROL_PLANE, Role.WORKER}:
        asked |= {KUBECONFIGS: kubeconfigs.question(), KUBELET: kubelets.question()}
    if Role.CONTROL_PLANE in node.roles:
        asked |= {ENCRYPTION: encryption_config.QUESTION, FILES: program_files.QUESTION}
    if pki:
        asked[METRICS] = etcd_metrics.question(pki)
    if pki or Role.CONTROL_PLANE in node.roles:
        asked[SCHEDULES] = schedules.QUESTION
    return asked
