"""What the lab has because the checklist asks for it: a packet filter, runbooks, few waivers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from chaos.conformance.operations import INCIDENTS
from fixtures.known import refuse_strangers
from lab.files.parts import File
from lab.plan import Plan, plan
from lab.spec import Spec
from lab.templates import FOLDER, render
from selftests.unit.support import files_of
from selftests.unit.test_inventory_lab import inventory_of

PLANS = {
    "default": plan(Spec(subnet=0)),
    "external etcd": plan(Spec(etcd="external", subnet=1)),
    "alone": plan(Spec(control_planes=1, workers=0, load_balancers=1, subnet=2)),
}
every_lab = pytest.mark.parametrize("lab", PLANS.values(), ids=list(PLANS))
FILTER = "/usr/local/lib/machine/pods.nft"


@every_lab
def test_pods_are_kept_from_what_they_need_not_reach(lab: Plan) -> None:
    for machine in lab.machines:
        files = files_of(lab, machine)
        rules = files[FILTER]
        assert isinstance(rules, File)
        (rule,) = re.findall(r"ip saddr (\S+) tcp dport \{ (.*) \} reject", rules.content)
        assert rule[0] == lab.pod_net
        closed: set[int] = set()
        for part in rule[1].split(", "):
            first, _, last = part.partition("-")
            closed |= set(range(int(first), int(last or first) + 1))
        assert {2379, 2380, 8404, 10250} <= closed
        assert not closed & {53, 6443}
        assert f"nft --file {FILTER}" in files["/usr/local/lib/machine/prepare.sh"].content


DEMO = render("cluster/demo.yaml.j2", images={"agnhost": "x"}, workers=3, replicas=3)
DNS = (FOLDER / "cluster/coredns.yaml").read_text()


@pytest.mark.parametrize("text", [DEMO, f"kind: Deployment\n{DNS}"], ids=["demo", "DNS"])
def test_a_lost_node_leaves_a_place_for_its_pod(text: str) -> None:
    documents = list(YAML(typ="safe").load_all(text))
    (web,) = [one for one in documents if one["kind"] == "Deployment"]
    spec = web["spec"]["template"]["spec"]
    assert "podAntiAffinity" not in str(spec.get("affinity"))
    host, zone = spec["topologySpreadConstraints"]
    assert (host["topologyKey"], host["whenUnsatisfiable"]) == (
        "kubernetes.io/hostname",
        "DoNotSchedule",
    )
    # A dead node counts as an empty place unless its taints are heeded.
    assert host["nodeTaintsPolicy"] == "Honor"
    assert zone["whenUnsatisfiable"] == "ScheduleAnyway"


@every_lab
def test_its_inventory_names_our_runbooks_and_waives_little(lab: Plan, tmp_path: Path) -> None:
    inventory = inventory_of(lab, tmp_path)
    assert inventory.operations
    assert set(inventory.operations.runbooks) == set(INCIDENTS)
    for page in inventory.operations.runbooks.values():
        text = Path(page).read_text(encoding="utf-8")
        assert "**You see**" in text
        assert "**Afterwards**" in text
    assert {one.id for one in inventory.waivers} == {"network-policies-enforced", "node-sizes"}
    refuse_strangers(inventory)
