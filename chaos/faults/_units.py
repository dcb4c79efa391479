"""Actions on systemd units: stopped, or their processes paused."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.faults._shell import PROCESSES, are_active, shown, words
from chaos.safety.plan import NodeAction


def stop(node: str, unit: str) -> NodeAction:
    """Stop one unit; systemd does not restart what it was told to stop."""
    return NodeAction(
        node=node,
        precheck=are_active([unit]),
        inject=f"systemctl stop {words(unit)}\n",
        undo=f"systemctl start {words(unit)}\n",
        manifested=f"""
state=$(systemctl show --property=ActiveState --value {words(unit)})
pid=$(systemctl show --property=MainPID --value {words(unit)})
echo {words(unit)} "is $state, main process $pid"
case $state in inactive | failed) [ "$pid" -eq 0 ] ;; *) exit 1 ;; esac
""",
        projection=shown([unit], whole=False),
    )


def pause(node: str, units: Sequence[str], *, whole: bool) -> NodeAction:
    """SIGSTOP: the sockets stay open, and nobody answers.

    Args:
        node: where.
        units: whose main processes.
        whole: and all their descendants.
    """
    return NodeAction(
        node=node,
        precheck=are_active(units),
        inject=f"""{PROCESSES}
set -- {words(*units)}
for unit in "$@"; do
    pid=$(main_of "$unit")
    [ -n "$pid" ] || {{ echo "$unit has no main process"; exit 1; }}
    {"pause_family" if whole else "pause"} "$pid"
done
""",
        undo=f"{PROCESSES}\nresume_all\n",
        manifested=f"{PROCESSES}\nall_paused\n",
        projection=shown(units, whole=whole),
    )
