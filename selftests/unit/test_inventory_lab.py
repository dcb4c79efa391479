"""The lab hands over an inventory that can be used as one that somebody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.cluster.inventory import Inventory, Role, load
from chaos.cluster.reach import parse_url
from lab.files import backup_stores
from lab.home import Home
from lab.inventory import write
from lab.plan import Plan, plan
from lab.spec import Spec

LABS = {
    "stacked": plan(Spec(subnet=0)),
    "external": plan(Spec(name="other", etcd="external", subnet=1)),
    "one machine": plan(Spec(control_planes=1, workers=0, load_balancers=1, subnet=2)),
    "five": plan(Spec(control_planes=5, subnet=3)),
}


def inventory_of(lab: Plan, folder: Path) -> Inventory:
    home = Home(folder)
    home.kubeconfig.touch()
    home.ssh_config.touch()
    write(home, lab, uid="1-2-3")
    return load(home.inventory)


@pytest.mark.parametrize("shape", LABS)
def test_it_loads_and_says_what_the_lab_is(shape: str, tmp_path: Path) -> None:
    lab = LABS[shape]
    inventory = inventory_of(lab, tmp_path)
    assert [n.name for n in inventory.nodes] == [m.name for m in lab.machines]
    assert {n.name for n in inventory.with_role(Role.ETCD)} == {m.name for m in lab.etcd}
    assert inventory.zones == tuple(dict.fromkeys(m.zone for m in lab.machines))
    assert inventory.allows("kubelet-stop")
    assert not inventory.needs_confirmation
    for node in inventory.nodes:
        reach = parse_url(node.url, inventory.folder)
        assert (reach.kind, reach.host, reach.ssh_config) == (
            "ssh",
            node.name,
            tmp_path / "ssh_config",
        )


@pytest.mark.parametrize("shape", LABS)
def test_it_names_where_backups_lie(shape: str, tmp_path: Path) -> None:
    lab = LABS[shape]
    backups = inventory_of(lab, tmp_path).backups
    assert backups
    assert {stored.node for stored in backups.off_node} == {m.name for m in backup_stores(lab)}


def test_external_etcd_has_its_files_elsewhere(tmp_path: Path) -> None:
    etcd = inventory_of(LABS["external"], tmp_path).etcd
    assert etcd
    assert etcd.pki
    assert etcd.pki.key == "/etc/etcd/pki/healthcheck-client.key"
