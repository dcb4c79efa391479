"""`holdfast rejudge`: judge a run again from what is on disk, with no cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def rejudge(
    run: Annotated[
        Path, typer.Argument(help="The run's folder; `reports/out/latest` is the last.")
    ],
    budget: Annotated[
        list[str] | None,
        typer.Option(help="Another limit, as in api-read-new.longest_outage=0.1s; repeatable."),
    ] = None,
) -> None:
    """Judge a run again from its timelines, with other budgets if they are given."""
    from fixtures import gate
    from reports.budgets import budgets_of
    from reports.exit_code import exit_code
    from reports.run_folder import RunFolder
    from reports.terminal import show

    folder = RunFolder.open(run)
    result = gate.finish(folder, budgets=budgets_of(budget or ()))
    show(result, folder=folder.path)
    raise typer.Exit(exit_code(result.verdict))
