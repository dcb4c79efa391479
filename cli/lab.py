"""`holdfast lab`: the embedded lab."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lab import down as downs
from lab import power as powers
from lab import saved
from lab.build.prune import prune as remove_old
from lab.errors import LabError
from lab.home import held
from lab.progress import Progress
from lab.spec import EtcdTopology, Spec
from lab.status import status as look
from lab.up import fleet_of
from lab.up import up as bring_up
from lab.versions import DEFAULT

app = typer.Typer(help="A real, highly available cluster on this machine.", no_args_is_help=True)

Name = Annotated[str, typer.Option("--name", help="Which lab.")]


@app.command()
def up(
    name: Name = "dev",
    control_planes: Annotated[int, typer.Option(help="1, 3 or 5.")] = 3,
    workers: Annotated[int, typer.Option(help="How many.")] = 3,
    zones: Annotated[int, typer.Option(help="Over how many zones they are spread.")] = 3,
    etcd: Annotated[
        EtcdTopology, typer.Option(help="On the control planes, or on machines of its own.")
    ] = "stacked",
    load_balancers: Annotated[int, typer.Option(help="1, or 2 sharing the virtual IP.")] = 2,
    kubernetes: Annotated[str, typer.Option(help="Version.")] = DEFAULT,
    binaries: Annotated[
        str,
        typer.Option(
            help="`compile`, `download` (official releases), or a folder that holds them."
        ),
    ] = "compile",
    subnet: Annotated[
        int | None,
        typer.Option(help="Which sixteenth of 198.18.0.0/15, 0 to 15. [default: the first free]"),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="When it fails, leave it to be looked at.")
    ] = False,
) -> None:
    """Bring a lab up, or go on where the last `up` was interrupted."""
    spec = Spec(
        name=name,
        control_planes=control_planes,
        workers=workers,
        zones=zones,
        etcd=etcd,
        load_balancers=load_balancers,
        kubernetes=kubernetes,
        subnet=subnet,
    )
    home = bring_up(spec, binaries=binaries, keep=keep)
    print(f"\nexport KUBECONFIG={home.kubeconfig}\nholdfast lab ssh --name {name} cp-1")


@app.command()
def down(name: Name = "dev") -> None:
    """Take a lab down; nothing of it is left."""
    downs.down(name)


@app.command()
def prune() -> None:
    """Take away what the cache holds and no release of today is made of."""
    done = remove_old(Progress())
    for folder in done.folders:
        print(folder.name)
    print(f"{done.bytes / 1024**3:.1f} GiB freed.")


@app.command()
def status(name: Name = "dev") -> None:
    """How each machine stands."""
    table = Table(
        "machine", "role", "zone", "address", "power", "cable", "", box=None, pad_edge=False
    )
    for one in look(fleet_of(name)):
        holds = "virtual IP" if one.holds_virtual_ip else ""
        table.add_row(one.name, one.role, one.zone, one.address, one.power, one.cable, holds)
    Console().print(table)


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def ssh(
    node: Annotated[str, typer.Argument(help="Which machine.")],
    command: Annotated[
        list[str] | None, typer.Argument(help="After `--`; a shell by default.")
    ] = None,
    name: Name = "dev",
) -> None:
    """Run a command on a machine as root; its exit code is ours.

    One word is given to the machine's shell as it is; of several, each arrives as it was written.
    """
    fleet = fleet_of(name)
    machine = powers.find(fleet, node)
    if not fleet.is_on(machine):
        raise LabError(f"{node} is off.", f"`holdfast lab power --name {name} {node} on` boots it.")
    words = list(command or [])
    words = words[1:] if words[:1] == ["--"] else words
    line = words if len(words) < 2 else [shlex.join(words)]
    terminal = not line and sys.stdin.isatty()
    raise typer.Exit(fleet.ssh.attach(machine.name, line, terminal=terminal))


@app.command()
def save(name: Name = "dev") -> None:
    """Keep the whole lab as it is now, to come back to."""
    fleet = fleet_of(name)
    with held(name, "save"):
        saved.save(fleet, progress=Progress())


@app.command()
def restore(name: Name = "dev") -> None:
    """Put the whole lab back to where it was saved."""
    fleet = fleet_of(name)
    with held(name, "restore"):
        saved.restore(fleet, progress=Progress())


@app.command()
def power(
    node: Annotated[str, typer.Argument(help="Which machine.")],
    verb: Annotated[powers.PowerVerb, typer.Argument(help="`cut` is sudden, `off` is clean.")],
    name: Name = "dev",
) -> None:
    """Cut a machine's power, shut it down, boot it."""
    powers.power(fleet_of(name), node, verb)


@app.command()
def cable(
    target: Annotated[str, typer.Argument(help="A machine, or a zone.")],
    verb: Annotated[powers.CableVerb, typer.Argument(help="At the router's end.")],
    name: Name = "dev",
) -> None:
    """Cut the cable of a machine, or all that lead out of a zone, or join them again."""
    powers.cable(fleet_of(name), target, verb)
