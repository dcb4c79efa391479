"""What a lab is right now, looked at afresh each time."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lab.machines import Fleet
from lab.shell import CommandFailed, run


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """One machine: `power` is on or off, `cable` joined, cut or (when off) none."""

    name: str
    role: str
    zone: str
    address: str
    power: str
    cable: str
    holds_virtual_ip: bool


def status(fleet: Fleet) -> list[MachineStatus]:
    """How each machine of a lab stands."""
    cut = fleet.network.cut_cables()
    found = []
    for machine in fleet.plan.machines:
        on = fleet.is_on(machine)
        cable = "cut" if {machine.name, machine.zone} & cut else "joined"
        found.append(
            MachineStatus(
                name=machine.name,
                role=machine.role.value,
                zone=machine.zone,
                address=machine.address,
                power="on" if on else "off",
                cable=cable if on else "none",
                holds_virtual_ip=on and _holds(fleet, fleet.network.namespace(machine)),
            )
        )
    return found


def _holds(fleet: Fleet, namespace: str) -> bool:
    try:
        shown = json.loads(
            run(["ip", "-netns", namespace, "-json", "address", "show", "dev", "eth0"])
        )
    except CommandFailed:
        return False
    return any(
        a["local"] == fleet.plan.virtual_ip for link in shown for a in link.get("addr_info", [])
    )
