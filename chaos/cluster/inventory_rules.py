"""What must hold between the fields of an inventory, beyond the form of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.cluster.inventory_errors import nearest
from chaos.cluster.inventory_parts import Role
from chaos.cluster.inventory_yaml import Place
from chaos.cluster.reach import parse_url

if TYPE_CHECKING:
    from chaos.cluster.inventory import Inventory

Broken = tuple[Place, str]
PROVIDERS = ("eks", "gke", "aks")


def broken(inventory: Inventory, folder: Path, *, files: bool) -> Iterator[Broken]:
    """Every rule that does not hold, as a place and a sentence.

    Args:
        folder: where the inventory stands.
        files: whether the files that it names must be there.
    """
    yield from _twice(inventory)
    yield from _nodes(inventory)
    yield from _etcd(inventory)
    yield from _others(inventory)
    yield from _reached(inventory, folder, files=files)
    yield from _probes(inventory, folder, files=files)
    kubeconfig = folder / Path(inventory.cluster.kubeconfig).expanduser()
    if files and not kubeconfig.is_file():
        yield ("cluster", "kubeconfig"), f"there is no kubeconfig {kubeconfig}"


def _twice(inventory: Inventory) -> Iterator[Broken]:
    probes = inventory.probes
    lists: list[tuple[Place, str, list[str]]] = [
        (("nodes",), "name", [n.name for n in inventory.nodes]),
        (("nodes",), "address", [n.address for n in inventory.nodes]),
        (("waivers",), "id", [w.id for w in inventory.waivers]),
        (("probes", "http"), "name", [p.name for p in probes.http]),
        (("probes", "tcp"), "name", [p.name for p in probes.tcp]),
        (("probes", "promql"), "name", [p.name for p in probes.promql]),
    ]
    for place, field, values in lists:
        where = str(place[0])
        what = where.removesuffix("s")
        for i, value in enumerate(values):
            if (first := values.index(value)) < i:
                told = f'two {where} have the {field} "{value}": {what} {first + 1} and {i + 1}'
                yield (*place, i, field), told


def _nodes(inventory: Inventory) -> Iterator[Broken]:
    for i, node in enumerate(inventory.nodes):
        if set(node.roles) == {Role.SPARE}:
            told = f"{node.name} is a spare of what: add the role control-plane or worker"
            yield ("nodes", i, "roles"), told


def _etcd(inventory: Inventory) -> Iterator[Broken]:
    members = inventory.with_role(Role.ETCD)
    etcd = inventory.etcd
    if etcd is None:
        if members:
            yield (), f'{members[0].name} has the role etcd, but the field "etcd" is missing'
        return
    if inventory.cluster.managed in PROVIDERS:
        told = f"{inventory.cluster.managed} runs etcd, out of sight: leave the field etcd out"
        yield ("etcd",), f"{told}, or cluster.managed"
    if not members and not etcd.endpoints:
        yield ("etcd",), "no node has the role etcd, and there are no endpoints to ask"
    if etcd.pki is None and etcd.topology != "stacked":
        yield ("etcd",), f"{etcd.topology} etcd needs the field pki: it has no usual place"
    if etcd.topology != "external":
        for i, node in enumerate(inventory.nodes):
            if Role.ETCD in node.roles and Role.CONTROL_PLANE not in node.roles:
                told = f"{node.name} has the role etcd and is no control plane, which is external"
                yield ("nodes", i, "roles"), told


def _others(inventory: Inventory) -> Iterator[Broken]:
    if inventory.load_balancers and not inventory.with_role(Role.LOAD_BALANCER):
        yield ("load_balancers",), "no node has the role load-balancer"
    names = [n.name for n in inventory.nodes]
    asked_from = inventory.monitoring.node if inventory.monitoring else None
    if asked_from and asked_from not in names:
        told = f'there is no node "{asked_from}"{nearest(asked_from, names)}'
        yield ("monitoring", "node"), told
    for i, stored in enumerate(inventory.backups.off_node if inventory.backups else ()):
        if stored.node not in names:
            place = ("backups", "off_node", i, "node")
            yield place, f'there is no node "{stored.node}"{nearest(stored.node, names)}'


def _probes(inventory: Inventory, folder: Path, *, files: bool) -> Iterator[Broken]:
    named: list[tuple[Place, str, str | None]] = []
    for i, http in enumerate(inventory.probes.http):
        named.append((("probes", "http", i, "ca"), http.name, http.ca))
    for i, query in enumerate(inventory.probes.promql):
        named.append((("probes", "promql", i, "ca"), query.name, query.ca))
    for place, name, ca in named:
        if files and ca and not (folder / Path(ca).expanduser()).is_file():
            yield place, f"{name}: there is no file {ca}"


def _reached(inventory: Inventory, folder: Path, *, files: bool) -> Iterator[Broken]:
    known: set[Path] = set()
    for i, node in enumerate(inventory.nodes):
        place = ("nodes", i, "url")
        try:
            reach = parse_url(node.url, folder)
        except ValueError as wrong:
            yield place, f"{node.name}: {wrong}"
            continue
        for file in reach.files:
            if files and not file.is_file() and file not in known:
                known.add(file)  # all nodes may name the same: once is enough
                yield place, f"{node.name}: there is no file {file}"
