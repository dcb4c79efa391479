"""The balancer that holds the virtual IP dies."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults import KILL, SILENT, Blast, Fault, Requires, Scene, TargetNode
from chaos.faults._shell import are_active, shown, words
from chaos.faults._units import pause
from chaos.safety.plan import NodeAction

# Sorted last among a unit's drop-ins, wherever they lie: the last one counts.
_DROP_IN = "zz-holdfast.conf"


class BalancerKill(Fault):
    """The virtual IP is expected to be answered for by the other balancer within its own times.

    The peer hears no adverts for 3 × the interval + skew, takes the address and tells the network
    (gratuitous ARP). Connections through the dead balancer are lost; new ones work from then on.
    `kill`: HAProxy and keepalived get SIGKILL and stay down, so until the address has moved clients
    get a reset. `silent`: both are stopped; clients get nothing and wait for their own time-outs.
    Source: RFC 5798, section 6.1; keepalived.conf(5).
    """

    name: ClassVar[str] = "balancer-kill"
    requires: ClassVar[Requires] = Requires(
        capabilities=frozenset({"systemd", "keepalived"}), balancers=2
    )
    targets: ClassVar[tuple[str, ...]] = ("vip_holder",)
    variants: ClassVar[tuple[str, ...]] = (KILL, SILENT)

    def blast(self, scene: Scene) -> Blast:
        """The balancer."""
        return Blast(balancers=frozenset(node.name for node in scene.targets))

    def action(self, target: TargetNode, scene: Scene, variant: str) -> NodeAction:
        """Both daemons, for either alone is the other's to notice."""
        units = [scene.unit("haproxy"), scene.unit("keepalived")]
        act = pause(target.name, units, whole=True) if variant == SILENT else _kill(target, units)
        return NodeAction(
            node=act.node,
            precheck=act.precheck + _holds(scene.virtual_ip),
            inject=act.inject,
            undo=act.undo,
            manifested=act.manifested,
            projection=act.projection,
        )


def _holds(virtual_ip: str) -> str:
    """Precheck, under the lock: the address may have moved since the target was chosen."""
    if not virtual_ip:
        return ""
    return f"""
ip -o address show | grep -qF {words(f" {virtual_ip}/")} || {{
    echo {words(f"it does not hold {virtual_ip}")}
    exit 1
}}
"""


def _kill(target: TargetNode, units: list[str]) -> NodeAction:
    return NodeAction(
        node=target.name,
        precheck=are_active(units),
        inject=f"""
set -- {words(*units)}
for unit in "$@"; do
    folder="${{HOLDFAST_ROOT:-}}/run/systemd/system/$unit.d"
    mkdir -p "$folder"
    printf '[Service]\\nRestart=no\\n' >"$folder/{_DROP_IN}"
done
systemctl daemon-reload
systemctl kill --signal=KILL {words(*units)}
""",
        undo=f"""
found=''
set -- {words(*units)}
for unit in "$@"; do
    folder="${{HOLDFAST_ROOT:-}}/run/systemd/system/$unit.d"
    [ -e "$folder/{_DROP_IN}" ] || continue
    found=yes
    rm "$folder/{_DROP_IN}"
    rmdir "$folder" 2>/dev/null || :
done
[ -z "$found" ] || systemctl daemon-reload
set -- {words(*units)}
for unit in "$@"; do
    systemctl reset-failed "$unit" 2>/dev/null || :
    systemctl start "$unit"
done
""",
        manifested=f"""
set -- {words(*units)}
for unit in "$@"; do
    state=$(systemctl show --property=ActiveState --value "$unit")
    pid=$(systemctl show --property=MainPID --value "$unit")
    echo "$unit is $state, main process $pid"
    case $state in inactive | failed) [ "$pid" -eq 0 ] ;; *) exit 1 ;; esac
done
""",
        projection=shown(units, whole=True),
    )
