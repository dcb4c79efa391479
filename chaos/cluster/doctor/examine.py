"""Everything that the doctor looks at."""

from __future__ import annotations

from chaos.cluster.cluster import Cluster
from chaos.cluster.doctor import api, nodes, vantage
from chaos.cluster.doctor.finding import Finding, Health
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import Role
from chaos.errors import HoldfastError


def examine(cluster: Cluster) -> list[Finding]:
    """Look at all of it. Nothing is changed, and nothing is raised for what does not work."""
    inventory = cluster.inventory
    return [
        *vantage.look(inventory.nodes),
        *api.look(cluster),
        *nodes.look(cluster),
        *_etcd(cluster),
        *declared(inventory),
    ]


def _etcd(cluster: Cluster) -> list[Finding]:
    if cluster.inventory.etcd is None:
        return []
    try:
        facts = cluster.etcd_facts()
    except HoldfastError as wrong:
        lost = "voters, leader, encryption, the guard on the quorum: so every fault on an etcd node"
        return [Finding("etcd", Health.BROKEN, wrong.problem, lost, wrong.remedy)]
    silent = [m.name or m.id for m in facts.members if not facts.answering(m)]
    told = f"{len(facts.members)} members, as {facts.asked} has it."
    if not silent:
        return [Finding("etcd", Health.OK, told)]
    lost = "every fault that could cost the quorum"
    return [Finding("etcd", Health.BROKEN, f"{told} Silent: {', '.join(silent)}.", lost)]


def declared(inventory: Inventory) -> list[Finding]:
    """What the inventory leaves out, and what that leaves uncovered."""
    found: list[tuple[bool, str, str]] = [
        (inventory.etcd is None, "no section etcd", "all that concerns etcd"),
        (
            not inventory.with_role(Role.LOAD_BALANCER),
            "no node with the role load-balancer",
            "the balancers' configuration, and faults on them",
        ),
        (
            bool(inventory.with_role(Role.LOAD_BALANCER)) and not inventory.load_balancers,
            "no section load_balancers",
            "the balancers' health checks",
        ),
        (inventory.backups is None, "no section backups", "etcd's backups"),
        (
            inventory.endpoint.address is None,
            "no endpoint.address",
            "who holds the virtual IP, and faults on its holder",
        ),
        (
            len(inventory.zones) < 2,
            "fewer than two zones",
            "spread over zones, and the loss of one",
        ),
        (not inventory.chaos.allowed, "no chaos.allowed", "every fault: none is allowed"),
        (inventory.power is None, "no section power", "cutting a machine's power"),
        (inventory.cable is None, "no section cable", "pulling cables, of a zone's too"),
    ]
    where = str(inventory.file)
    return [
        Finding(
            "the inventory", Health.GAP, f"{where} has {what}.", lost, "Add it if there is one."
        )
        for missing, what, lost in found
        if missing
    ]
