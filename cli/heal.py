"""`holdfast heal`: take away what an earlier run left on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def heal(
    inventory: Annotated[Path, typer.Argument(help="Of the cluster.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what is left; 4 if anything is.")
    ] = False,
) -> None:
    """Heal what an earlier run left: undo, prove it, disarm. Touches only what carries our mark."""
    from chaos.cluster.cluster import Cluster
    from chaos.cluster.inventory import load
    from chaos.safety.heal import heal as heal_all
    from chaos.safety.heal_lease import lease_to_heal, no_other_run
    from chaos.safety.journal import Journal, state_folder
    from chaos.safety.lease import RunLease
    from chaos.safety.lease_api import ClusterLease
    from chaos.safety.leftovers import find
    from chaos.safety.lock import RunLock
    from chaos.safety.signals import Interruptions

    cluster = Cluster(load(inventory))
    nodes = {node.name: node for node in cluster.nodes}
    state = state_folder(cluster.inventory.cluster.uid)
    journal = Journal(state)
    # A run that is under way heals by itself: one here has the lock, one elsewhere the Lease.
    with RunLock(state), Interruptions(print):
        leftovers = find(journal, nodes)
        for line in leftovers.lines():
            print(line)
        if not leftovers:
            print("Nothing of earlier runs was found.")
            raise typer.Exit(3 if leftovers.unreachable else 0)
        if dry_run:
            raise typer.Exit(4)

        def lease() -> RunLease:
            api = ClusterLease(cluster.kube)
            return lease_to_heal(api, leftovers.entries, say=print)

        with no_other_run(lease, say=print):
            healed = heal_all(leftovers, journal, nodes)
    for line in healed.done:
        print(line)
    if healed.remaining:
        print("Not healed:", *healed.remaining, sep="\n")
        raise typer.Exit(4)
    for line in healed.unknown:
        print(line)
    print("Healed.")
    raise typer.Exit(3 if healed.unknown else 0)
