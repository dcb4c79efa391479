"""Power and cables of single machines, as somebody with hands in the machine room has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from lab.errors import UsageError
from lab.machines import Fleet
from lab.plan import Machine

PowerVerb = Literal["cut", "off", "on", "reboot"]
CableVerb = Literal["cut", "join"]


def find(fleet: Fleet, name: str) -> Machine:
    """The machine of this name.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    machine = fleet.plan.machine(name)
    if machine is None:
        have = ", ".join(m.name for m in fleet.plan.machines)
        raise UsageError(
            f"The lab `{fleet.plan.spec.name}` has no machine `{name}`.",
            f"There are: {have}; and the zones {', '.join(fleet.plan.zones)}, for their cables.",
        )
    return machine


def power(fleet: Fleet, name: str, verb: PowerVerb) -> None:
    """Cut a machine's power, shut it down, power it on, or shut it down and power it on.

    `on` and `reboot` return when the machine has booted; `cut` at once.
    """
    machine = find(fleet, name)

    def on() -> None:
        fleet.boot(machine)
        fleet.wait_booted(machine)

    def reboot() -> None:
        fleet.off(machine)
        on()

    verbs: dict[str, Callable[[], object]] = {
        "cut": lambda: fleet.cut(machine),
        "off": lambda: fleet.off(machine),
        "on": on,
        "reboot": reboot,
    }
    verbs[verb]()


def cable(fleet: Fleet, target: str, verb: CableVerb) -> None:
    """Cut or join, at the router, the cable of a machine or all that leads out of a zone."""
    network = fleet.network
    if target in fleet.plan.zones:
        (network.cut_zone if verb == "cut" else network.join_zone)(target)
        return
    machine = find(fleet, target)
    (network.cut if verb == "cut" else network.join)(machine)
