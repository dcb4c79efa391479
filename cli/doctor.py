"""`holdfast doctor`: what can be reached with an inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    inventory: Annotated[Path, typer.Argument(help="The cluster's inventory.")],
) -> None:
    """Say what can be reached, with what rights, and what each gap leaves uncovered.

    Nothing is changed. Ends with 0, or with 3 where something that the inventory declares cannot
    be reached or used.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from chaos.cluster.cluster import Cluster
    from chaos.cluster.doctor import Health, examine
    from chaos.cluster.inventory import load

    findings = examine(Cluster(load(inventory)))
    colours = {Health.OK: "green", Health.GAP: "yellow", Health.BROKEN: "red"}
    table = Table("", "what", "finding", box=None, pad_edge=False)
    for one in findings:
        told = " ".join(filter(None, (one.said, one.remedy)))
        if one.uncovered:
            told += f"\nNot covered: {one.uncovered}."
        colour = colours[one.health]
        table.add_row(Text(one.health, style=colour), Text(one.subject), Text(told))
    Console(soft_wrap=False).print(table)
    broken = sum(one.health is Health.BROKEN for one in findings)
    gaps = sum(one.health is Health.GAP for one in findings)
    print(f"\n{broken} broken, {gaps} gaps, of {len(findings)} looked at")
    if broken:
        raise typer.Exit(3)
