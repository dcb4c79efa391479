"""`holdfast plan`: what `holdfast run` would do to a cluster, without doing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from cli.arguments import Hold, Inventory, Seed


def plan(
    inventory: Inventory,
    seed: Seed = 1,
    hold: Hold = 30.0,
    select: Annotated[
        str, typer.Option("-k", help="Only experiments whose names hold this text.")
    ] = "",
    scripts: Annotated[
        bool, typer.Option("--scripts", help="The shell that would run on each node, too.")
    ] = False,
) -> None:
    """Print what would be done to whom, what is left of etcd, and the longest time to heal."""
    from fixtures import foresight
    from reports.plan_text import lines

    orders = foresight.Asked(
        inventory=inventory, seed=seed, hold=timedelta(seconds=hold), select=select
    )
    for one in foresight.look(orders):
        for line in lines(one, scripts=scripts):
            typer.echo(line)
