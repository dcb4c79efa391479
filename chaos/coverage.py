"""What a cluster must have, and its owners allow, for a fault to say something about it."""

from __future__ import annotations

from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import Role
from chaos.faults import Fault


def not_covered(fault: Fault, inventory: Inventory) -> str:
    """Why a fault cannot be tried on a cluster, as a sentence; empty where it can.

    What only a node itself can tell (that it has systemd, nft, …) is its precheck's to say.
    """
    if not inventory.allows(fault.name):
        return f"the inventory does not allow {fault.name} (chaos.allowed)"
    needed = fault.requires
    there = {
        "control planes": (needed.control_planes, len(inventory.with_role(Role.CONTROL_PLANE))),
        "workers": (needed.workers, len(inventory.with_role(Role.WORKER))),
        "balancers": (needed.balancers, len(inventory.with_role(Role.LOAD_BALANCER))),
        "zones": (needed.zones, len(inventory.zones)),
    }
    short = [
        f"{wanted} {what} are needed and there {'is' if have == 1 else 'are'} {have}"
        for what, (wanted, have) in there.items()
        if have < wanted
    ]
    return "; ".join(short)
