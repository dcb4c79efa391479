"""Over which links a machine's default route leads: how it is asked, and what is read of it."""

from __future__ import annotations

from chaos.cluster.facts import Link, NotAvailable, Uplinks
from chaos.cluster.shell import Said

# Down from a route's device through what lies below it (a VLAN, a bridge, a bond) to hardware. A
# bridge has its Pods' interfaces below it as well, which are no hardware.
QUESTION = r"""
kind=$(systemd-detect-virt 2>/dev/null)
echo "virtual ${kind:-?}"
routes=$(ip -o route show default) || exit 1
[ -n "$routes" ] || routes=$(ip -o -6 route show default) || exit 1
todo=$(echo "$routes" | grep -o 'dev [^ ]*' | cut -d ' ' -f 2 | sort -u)
for d in $todo; do echo "route $d"; done
net=/sys/class/net seen=
while [ -n "$todo" ]; do
    set -- $todo
    d=$1
    shift
    todo="$*"
    case " $seen " in *" $d "*) continue;; esac
    seen="$seen $d"
    for l in "$net/$d"/lower_*; do [ -e "$l" ] && todo="$todo ${l##*/lower_}"; done
    [ -e "$net/$d/device" ] || continue
    state=$(cat "$net/$d/bonding_slave/mii_status" 2>/dev/null || cat "$net/$d/operstate")
    [ "$state" = unknown ] && [ "$(cat "$net/$d/carrier" 2>/dev/null)" = 1 ] && state=up
    team=
    if [ -e "$net/$d/master" ] && [ ! -e "$net/$d/master/bridge" ]; then
        team=$(basename "$(readlink -f "$net/$d/master")")
        # The route need not lead over it: a VRF is a master too.
        case " $seen " in *" $team "*) ;; *) team=;; esac
    fi
    echo "link $d $(echo "$state" | tr ' ' -) $team"
done
true
"""


def read(said: Said | None) -> Uplinks | NotAvailable:
    """What was answered; None where it was not asked."""
    if said is None:
        return NotAvailable("it was not asked")
    if said.code:
        return NotAvailable(said.why)
    virtual, routes, links = "?", list[str](), list[Link]()
    for line in said.out.splitlines():
        match line.split():
            case ["virtual", kind]:
                virtual = kind
            case ["route", device]:
                routes.append(device)
            case ["link", name, state, *team]:
                links.append(Link(name=name, team=team[0] if team else "", up=state == "up"))
    return Uplinks(
        virtual={"none": "", "?": None}.get(virtual, virtual),
        routes=tuple(routes),
        links=tuple(links),
    )
