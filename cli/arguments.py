"""Arguments that several verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Inventory = Annotated[Path, typer.Argument(help="Of the cluster.")]
Seed = Annotated[int, typer.Option(help="Chooses among equal targets.")]
Hold = Annotated[float, typer.Option(min=1, max=3600, help="Seconds that each fault lasts.")]
