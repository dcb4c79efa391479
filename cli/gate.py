"""`holdfast run`: the checklist, the faults, or both as the gate before an upgrade."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

import typer

from cli.arguments import Hold, Inventory, Seed


def run(
    profile: Annotated[
        Literal["gate", "conformance", "resilience"],
        typer.Argument(help="The checklist, the faults, or (`gate`) both."),
    ],
    inventory: Inventory,
    seed: Seed = 1,
    hold: Hold = 30.0,
    repeat: Annotated[
        int, typer.Option(min=1, help="How often; several times show how the figures spread.")
    ] = 1,
    select: Annotated[
        str, typer.Option("-k", help="Only tests whose names fit, as pytest's -k.")
    ] = "",
    confirm_production: Annotated[
        bool, typer.Option("--confirm-production", help="This run may break production.")
    ] = False,
) -> None:
    """Run the suite on a cluster, print the verdict, and write the reports."""
    from fixtures import gate
    from fixtures.known import load_known
    from reports.drills import note
    from reports.exit_code import exit_code
    from reports.terminal import show

    asked = gate.Asked(
        inventory=inventory,
        profile=profile,
        seed=seed,
        hold=timedelta(seconds=hold),
        repeat=repeat,
        confirmed=confirm_production,
        select=("-k", select) if select else (),
    )
    folder, result = gate.run(asked)
    show(result, folder=folder.path)
    if told := note(load_known(inventory, files=False), result):
        typer.echo(told, err=True)
    raise typer.Exit(exit_code(result.verdict, interrupted=bool(result.interrupted)))
