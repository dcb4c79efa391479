"""The rules by which the router cuts a zone off from the rest. Pure."""

from __future__ import annotations

from lab.plan import Plan


def table(zone: str) -> str:
    """The name of the tables that hold the rules, in the families inet and bridge."""
    return f"zone_{zone}_cut"


def rules(plan: Plan, zone: str) -> str:
    """For nft: what crosses the zone's border is dropped; inside the zone all goes on.

    A balancer of the zone stands on the edge, which lies outside: it is cut off from all.
    """
    nets = ", ".join(_nets(plan, zone))
    ports = ", ".join(f'"{m.name}"' for m in plan.balancers if m.zone == zone)
    edge = f"""
        table bridge {table(zone)} {{
            chain forward {{
                type filter hook forward priority 0;
                iifname {{ {ports} }} drop
                oifname {{ {ports} }} drop
            }}
            chain input {{ type filter hook input priority 0; iifname {{ {ports} }} drop; }}
            chain output {{ type filter hook output priority 0; oifname {{ {ports} }} drop; }}
        }}
    """
    border = f"""
        table inet {table(zone)} {{
            chain forward {{
                type filter hook forward priority -10;
                ip saddr {{ {nets} }} ip daddr != {{ {nets} }} drop
                ip daddr {{ {nets} }} ip saddr != {{ {nets} }} drop
            }}
        }}
    """
    return without(zone) + border + (edge if ports else "")


def without(zone: str) -> str:
    """For nft: no cut of this zone is left, whether there was one or not."""
    tables = [f"{family} {table(zone)}" for family in ("inet", "bridge")]
    return "".join(f"table {one}\ndelete table {one}\n" for one in tables)


def _nets(plan: Plan, zone: str) -> list[str]:
    inside = [m for m in plan.machines if m.zone == zone and m.bridge != "edge"]
    own = plan.bridges[f"zone-{zone}"]
    return [own.replace(".1/24", ".0/24"), *(m.pods for m in inside if m.pods)]
