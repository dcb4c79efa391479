"""From an inventory to what facts are held against."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.facts import Declared, Objectives
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import Backups, EtcdPart


def declared_of(inventory: Inventory) -> Declared:
    """What an inventory says, as far as facts are held against it."""
    etcd = inventory.etcd or EtcdPart(topology="stacked")
    return Declared(
        name=inventory.cluster.name,
        uid=inventory.cluster.uid,
        environment=inventory.cluster.environment.value,
        endpoint_name=inventory.endpoint.name,
        endpoint_address=inventory.endpoint.address,
        endpoint_port=inventory.endpoint.port,
        zones=inventory.zones,
        etcd_topology=inventory.etcd.topology if inventory.etcd else None,
        backup_max_age=inventory.backups.max_age if inventory.backups else None,
        backup_keep=(inventory.backups or Backups()).keep,
        fsync_p99=etcd.fsync_p99,
        commit_p99=etcd.commit_p99,
        critical_namespaces=inventory.critical_namespaces,
        managed=inventory.cluster.managed,
        regional=inventory.cluster.regional,
        objectives=_objectives(inventory),
        balancers=inventory.load_balancers.kind if inventory.load_balancers else "haproxy",
    )


def _objectives(inventory: Inventory) -> Objectives:
    """What is promised; what the inventory leaves out is the sources' figure."""
    said = dict(inventory.objectives)
    return replace(Objectives(), **{k: v for k, v in said.items() if v is not None})
