"""A zone is cut off from the rest."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any, ClassVar

from chaos.faults import SILENT, Blast, Fault, Requires, Scene, TargetNode
from chaos.faults._shell import words
from chaos.safety.plan import NodeAction

# The runner as this node sees it. sudo takes the variable away, so its ancestors are asked too.
_RUNNER = r"""
connection=${SSH_CONNECTION:-}
pid=$$
while [ -z "$connection" ] && [ "$pid" -gt 1 ]; do
    connection=$({ tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null |
        sed -n 's/^SSH_CONNECTION=//p')
    pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
done
[ -n "$connection" ] || { echo "the runner's own connection to this node is not known"; exit 1; }
runner=${connection%% *}
port=${connection##* }
case $runner in *:*) family=ip6 ;; *) family=ip ;; esac
"""

# What lies behind other interfaces (Pods, an overlay's inner packets) never left this node, or
# will be seen once more when it does.
_UPLINKS = r"""
uplinks=$({
    ip -o route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p'
    ip -o -6 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p'
    ip -o address show | awk -v address="$address" \
        '{ split($4, part, "/") } part[1] == address { print $2 }'
    for device in /sys/class/net/*/device; do
        [ ! -e "$device" ] || { device=${device%/device} && echo "${device##*/}"; }
    done
} | sort -u | sed 's/.*/"&"/' | paste -s -d ,)
[ -n "$uplinks" ] || { echo "no interface of this node has the address $address"; exit 1; }
"""

_PRECHECK = """
for program in nft ip; do
    command -v "$program" >/dev/null || { echo "there is no $program here"; exit 1; }
done
! nft list table inet holdfast >/dev/null 2>&1 || { echo "it has our table already"; exit 1; }
"""


class ZonePartition(Fault):
    """The API is expected to be back within the balancer's and etcd's own times, then to stay.

    A minority of etcd's voters is cut off, so the others go on, after an election if the leader
    was there. Balancers stop sending clients to the zone's apiservers; the address moves if its
    holder was there. Nothing answers and nothing refuses: each client waits for its own time-out.
    Source: etcd, "Failure modes: network partition"; Kubernetes, "Running in multiple zones".
    """

    name: ClassVar[str] = "zone-partition"
    requires: ClassVar[Requires] = Requires(
        capabilities=frozenset({"systemd", "nft"}), control_planes=3, zones=3
    )
    targets: ClassVar[tuple[str, ...]] = ("one zone", "zone")
    variants: ClassVar[tuple[str, ...]] = (SILENT,)
    renewable: ClassVar[bool] = False
    # Workers may have nothing to say for 10 s: a kubelet's own rhythm.
    shows_within: ClassVar[timedelta] = timedelta(seconds=20)

    def blast(self, scene: Scene) -> Blast:
        """All that is in the zone."""

        def having(*roles: str) -> frozenset[str]:
            return frozenset(n.name for n in scene.targets if n.roles & set(roles))

        stacked = {"control-plane"} if scene.etcd != "external" else set[str]()
        return Blast(
            etcd_voters=having("etcd", *stacked),
            control_planes=having("control-plane"),
            balancers=having("load-balancer"),
        )

    def action(self, target: TargetNode, scene: Scene, variant: str) -> NodeAction:  # noqa: ARG002
        """One nft table that drops what crosses the zone's border.

        A balancer's border is its own: it stands at the zone's edge and is cut off from all. One
        that still reached its zone's apiservers would go on answering for the virtual IP, for it
        shares its segment with its peer as two zones never do.
        """
        edge = "load-balancer" in target.roles
        near = [] if edge else _near(target, scene)
        return NodeAction(
            node=target.name,
            precheck=f'{_PRECHECK}{_RUNNER}echo "the runner: $family $runner, port $port"\n',
            inject=f"{_RUNNER}\naddress={words(target.address)}\n{_UPLINKS}{_table(near)}",
            undo="""
if nft list table inet holdfast >/dev/null 2>&1; then nft delete table inet holdfast; fi
""",
            manifested="""
nft list table inet holdfast | grep -F 'counter packets'
dropped=$(nft list table inet holdfast |
    sed -n 's/.*counter packets \\([0-9]*\\).*/\\1/p' | awk '{ all += $1 } END { print all + 0 }')
echo "dropped packets: $dropped"
[ "$dropped" -gt 0 ]
""",
            projection="""
nft list tables | grep ' holdfast$' || echo "no table of ours"
""",
        )


def _near(target: TargetNode, scene: Scene) -> list[str]:
    """Addresses and networks inside the zone."""
    nodes = [n.address for n in scene.targets if "load-balancer" not in n.roles]
    return sorted({target.address, *nodes, *scene.pods})


def _merged(near: list[str], version: int) -> str:
    """Those of one version as an nft set's elements, which must not overlap."""
    networks = [ipaddress.ip_network(one, strict=False) for one in near]
    # By version, for the two do not compare; the type checker cannot follow that.
    some: list[Any] = [one for one in networks if one.version == version]
    return ", ".join(str(one) for one in ipaddress.collapse_addresses(some))


def _table(near: list[str]) -> str:
    """An nft table as a shell line; the runner and the uplinks are known on the node alone.

    After destination NAT, so that Services' addresses are Pods' by then; every hook, for packets
    that Pods send go through `forward`.
    """
    inside = {"ip": _merged(near, 4), "ip6": _merged(near, 6)}
    rules: dict[str, list[str]] = {"input": [], "output": [], "forward": []}
    for family, some in inside.items():
        if some:
            rules["input"].append(f"{family} saddr {{ {some} }} accept")
            rules["output"].append(f"{family} daddr {{ {some} }} accept")
            rules["forward"].append(
                f"{family} saddr {{ {some} }} {family} daddr {{ {some} }} accept"
            )
    neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
    chains = {
        "input": [
            'iif "lo" accept',
            "iifname != { $uplinks } accept",
            "$family saddr $runner tcp dport $port accept",
            neighbours,
            *rules["input"],
        ],
        "output": [
            'oif "lo" accept',
            "oifname != { $uplinks } accept",
            "$family daddr $runner tcp sport $port accept",
            neighbours,
            *rules["output"],
        ],
        "forward": [
            "iifname != { $uplinks } oifname != { $uplinks } accept",
            *rules["forward"],
        ],
    }
    text = ["table inet holdfast {"]
    for hook, lines in chains.items():
        text.append(f"    chain {hook} {{")
        text.append(f"        type filter hook {hook} priority 0; policy drop;")
        text += [f"        {line}" for line in [*lines, 'counter drop comment "holdfast"']]
        text.append("    }")
    text.append("}")
    # One transaction: no moment with half of it.
    return "\nnft -f - <<RULES\n" + "\n".join(text) + "\nRULES\n"
