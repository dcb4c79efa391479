"""`holdfast init`: write an inventory by looking at a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaos.errors import UsageError


def init(
    kubeconfig: Annotated[Path, typer.Option(help="The cluster's kubeconfig.")],
    ssh: Annotated[
        str, typer.Option(help="How nodes are reached; {address} and {name} are filled in.")
    ] = "root@{address}",
    ssh_config: Annotated[
        Path | None, typer.Option(help="An ssh_config to use instead of your own.")
    ] = None,
    identity: Annotated[Path | None, typer.Option(help="A private key to use.")] = None,
    load_balancer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=ADDRESS", help="A balancer; again for each."),
    ] = None,
    context: Annotated[str | None, typer.Option(help="Which context of the kubeconfig.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call the cluster.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path(
        "cluster.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write an inventory by looking at a cluster. Nothing is changed there."""
    from chaos.cluster.discover import discover
    from chaos.cluster.inventory import load
    from chaos.cluster.kube import Kube
    from chaos.cluster.kubeconfig import Kubeconfig
    from chaos.cluster.wish import Wish

    if output.exists() and not force:
        raise UsageError(f"{output} is there already.", "Name another file, or add --force.")
    wish = Wish(
        kubeconfig=kubeconfig,
        output=output,
        ssh=ssh,
        ssh_config=ssh_config,
        identity=identity,
        balancers=dict(_pair(text) for text in load_balancer or ()),
        name=name,
        context=context,
    )
    text = discover(Kube(Kubeconfig.read(kubeconfig).access(context)), wish)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    print(f"wrote {output}: {len(load(output).nodes)} nodes")
    print(f"next: read it through, then `holdfast doctor {output}`")


def _pair(text: str) -> tuple[str, str]:
    name, equals, address = text.partition("=")
    if not (name and equals and address):
        raise UsageError(f'--load-balancer "{text}" must be NAME=ADDRESS.')
    return name, address
