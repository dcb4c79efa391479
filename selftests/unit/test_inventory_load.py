"""The inventory: what is wrong with it is said in one sentence, with file, line and column."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.cluster.inventory import Inventory, InventoryError, Role, load
from chaos.measure.budget import Budget
from selftests.unit.cluster_support import INVENTORY, inventory_of


def wrong(folder: Path, text: str, *, files: bool = False) -> list[str]:
    """What is said of it, with the file's folder left out."""
    with pytest.raises(InventoryError) as caught:
        inventory_of(folder, text, files=files)
    assert caught.value.exit_code == 2
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def placed(text: str, expected: list[str]) -> list[str]:
    """The column of a word in its line, for each `LINE:@WORD`."""
    lines = text.splitlines()

    def column(found: re.Match[str]) -> str:
        number, word = int(found[1]), found[2]
        return f":{number}:{lines[number - 1].index(word) + 1}:"

    return [re.sub(r":(\d+):@([^:]+):", column, one) for one in expected]


def test_what_it_says_is_there(tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path)
    assert [n.name for n in inventory.with_role(Role.ETCD)] == ["cp-1", "cp-2", "cp-3"]
    assert [n.name for n in inventory.with_role(Role.WORKER, Role.LOAD_BALANCER)] == [
        "worker-1",
        "lb-1",
        "lb-2",
    ]
    assert inventory.zones == ("a", "b", "c")
    assert inventory.kubeconfig == tmp_path / "kubeconfig"
    column = INVENTORY.splitlines()[11].index("zone") + 1
    assert inventory.where("nodes", 1, "zone") == f"{tmp_path}/cluster.yaml:12:{column}"
    assert inventory.endpoint.port == 6443
    assert not inventory.allows("kubelet-stop")


REPLACED = {
    "an unknown field names the nearest known one": (
        ("environment: staging", "enviroment: staging"),
        [
            'cluster.yaml:2:1: the field "environment" is missing in cluster',
            'cluster.yaml:5:3: unknown field "enviroment" in cluster; did you mean "environment"?',
        ],
    ),
    "an unknown field unlike any names all": (
        ("  address: 198.51.100.100", "  zzz: 1"),
        [
            'cluster.yaml:9:3: unknown field "zzz" in endpoint; '
            "there is name, address, port, resolvers"
        ],
    ),
    "an unknown field of a node": (
        ("zone: c", "zonne: c"),
        ['cluster.yaml:13:@zonne: unknown field "zonne" in nodes[2]; did you mean "zone"?'],
    ),
    "a missing field": (
        ("  name: api.test\n", ""),
        ['cluster.yaml:7:1: the field "name" is missing in endpoint'],
    ),
    "a number where text is wanted": (
        ("zone: c", "zone: 3"),
        ["cluster.yaml:13:@zone: nodes[2].zone must be text: write it in quotes"],
    ),
    "a list where text is wanted": (
        ("name: test", "name: [test]"),
        ["cluster.yaml:3:3: cluster.name must be text, not a list"],
    ),
    "nothing where text is wanted": (
        ("name: test", "name:"),
        ["cluster.yaml:3:3: cluster.name must be text, not empty"],
    ),
    "no text": (
        ("name: test", 'name: ""'),
        ["cluster.yaml:3:3: cluster.name must not be empty"],
    ),
    "a word where a number is wanted": (
        ("  address: 198.51.100.100", "  port: https"),
        ['cluster.yaml:9:3: endpoint.port must be a whole number, not "https"'],
    ),
    "a number that is none of a port": (
        ("  address: 198.51.100.100", "  port: 70000"),
        ["cluster.yaml:9:3: endpoint.port: input should be less than or equal to 65535"],
    ),
    "text where a list is wanted": (
        ("roles: [worker]", "roles: worker"),
        ['cluster.yaml:14:22: nodes[3].roles must be a list, not "worker"'],
    ),
    "text where fields are wanted": (
        ("etcd: {topology: stacked}", "etcd: stacked"),
        ['cluster.yaml:17:1: etcd must consist of fields, not be "stacked"'],
    ),
    "an unknown word": (
        ("environment: staging", "environment: stagin"),
        ['cluster.yaml:5:3: cluster.environment cannot be "stagin"; did you mean "staging"?'],
    ),
    "an unknown role": (
        ("roles: [worker]", "roles: [wroker]"),
        ['cluster.yaml:14:@wroker: nodes[3].roles[0] cannot be "wroker"; did you mean "worker"?'],
    ),
    "another version": (
        ("version: 1", "version: 2"),
        ['cluster.yaml:1:1: version cannot be "2"; there is 1'],
    ),
    "no address": (
        ("198.51.100.23", "cp-3.test"),
        ['cluster.yaml:13:@address: nodes[2].address: "cp-3.test" is no IP address'],
    ),
    "no roles": (
        ("roles: [worker]", "roles: []"),
        ["cluster.yaml:14:22: nodes[3].roles must not be empty"],
    ),
    "two nodes of one name": (
        ("name: cp-3", "name: cp-1"),
        ['cluster.yaml:13:6: two nodes have the name "cp-1": node 1 and 3'],
    ),
    "two nodes of one address": (
        ("198.51.100.23", "198.51.100.22"),
        ['cluster.yaml:13:@address: two nodes have the address "198.51.100.22": node 2 and 3'],
    ),
    "a spare of nothing": (
        ("roles: [worker]", "roles: [spare]"),
        ["cluster.yaml:14:22: worker-1 is a spare of what: add the role control-plane or worker"],
    ),
    "etcd somewhere and not said how": (
        ("etcd: {topology: stacked}", ""),
        ['cluster.yaml:1:1: cp-1 has the role etcd, but the field "etcd" is missing'],
    ),
    "external etcd without its files": (
        ("topology: stacked", "topology: external"),
        ["cluster.yaml:17:1: external etcd needs the field pki: it has no usual place"],
    ),
    "stacked etcd on no control plane": (
        ("roles: [worker]", "roles: [etcd]"),
        [
            "cluster.yaml:14:22: worker-1 has the role etcd and is no control plane, "
            "which is external"
        ],
    ),
    "the etcd of a provider": (
        ("environment: staging", "environment: staging\n  managed: eks"),
        [
            "cluster.yaml:18:1: eks runs etcd, out of sight: "
            "leave the field etcd out, or cluster.managed"
        ],
    ),
    "a URL that is none": (
        ('zone: a, address: 198.51.100.31, url: "local://"', "address: 198.51.100.31, url: w1"),
        ['cluster.yaml:14:@url: worker-1: "w1" is no URL: write ssh://w1'],
    ),
    "a field that is there twice": (
        ("  name: test", "  name: test\n  name: test"),
        ['cluster.yaml:4:3: the field "name" is there twice'],
    ),
    "no YAML": (
        ("roles: [worker]", "roles: [worker"),
        ["cluster.yaml:14:@}: it is no YAML: expected ',' or ']', but got '}'"],
    ),
}


@pytest.mark.parametrize("case", REPLACED)
def test_what_is_wrong_is_said_with_its_place(case: str, tmp_path: Path) -> None:
    (old, new), expected = REPLACED[case]
    assert old in INVENTORY
    text = INVENTORY.replace(old, new)
    assert wrong(tmp_path, text) == placed(text, expected)


ADDED = {
    "a backup on nobody": (
        "backups: {off_node: [{node: worker-2, folder: /b}]}",
        ['cluster.yaml:18:23: there is no node "worker-2"; did you mean "worker-1"?'],
    ),
    "a duration without a unit": (
        "backups: {max_age: 30}",
        [
            "cluster.yaml:18:11: backups.max_age: 30 is no duration: "
            "write it with its unit, as 30s or 24h"
        ],
    ),
    "a duration that is none": (
        "budgets: {any: {probes: {any: {longest_outage: soon}}}}",
        [
            'cluster.yaml:18:32: budgets.any.probes.any.longest_outage: "soon" is no duration: '
            "write it as 30s, 0.5s, 1m30s, 24h or 30d"
        ],
    ),
    "an unknown figure of a budget": (
        "budgets: {kubelet-stop: {probes: {any: {longest: 1s}}}}",
        [
            'cluster.yaml:18:41: unknown field "longest" in budgets.kubelet-stop.probes.any; '
            'did you mean "longest_outage"?'
        ],
    ),
    "a command that names nobody": (
        "power: {cut: off, on: 'on {node}'}",
        ["cluster.yaml:18:9: power.cut: must name {node} and nothing else in braces"],
    ),
    "a command that names another": (
        "cable: {cut: 'down {node}', join: 'up {target}'}",
        ["cluster.yaml:18:9: cable.cut: must name {target} and nothing else in braces"],
    ),
    "a command whose quote does not end": (
        "power: {cut: 'off {node} \"', on: 'on {node}'}",
        ["cluster.yaml:18:9: power.cut: No closing quotation"],
    ),
    "a day that is none": (
        "waivers: [{id: x, reason: y, owner: z, expires: soon}]",
        ['cluster.yaml:18:40: waivers[0].expires must be a day as 2027-01-31, not "soon"'],
    ),
    "a day that no calendar has": (
        "waivers: [{id: x, reason: y, owner: z, expires: 2027-02-31}]",
        ['cluster.yaml:18:40: waivers[0].expires must be a day as 2027-01-31, not "2027-02-31"'],
    ),
    "a history in a ConfigMap of no namespace": (
        "operations: {history: 'configmap:drills'}",
        [
            'cluster.yaml:18:14: operations.history: "configmap:drills" names no ConfigMap: '
            "write it as configmap:NAMESPACE/NAME"
        ],
    ),
    "a reason that says nothing": (
        "waivers: [{id: x, reason: ' ', owner: z, expires: 2027-01-31}]",
        ["cluster.yaml:18:19: waivers[0].reason: blanks say nothing"],
    ),
    "drills that nobody lives to see": (
        "objectives: {drills: 99999999999d}",
        ['cluster.yaml:18:14: objectives.drills: "99999999999d" is longer than 36500d'],
    ),
    "two waivers of one check": (
        "waivers: [{id: x, reason: y, owner: z, expires: 2027-01-01}, "
        "{id: x, reason: y, owner: z, expires: 2027-01-01}]",
        ['cluster.yaml:18:63: two waivers have the id "x": waiver 1 and 2'],
    ),
}


@pytest.mark.parametrize("case", ADDED)
def test_what_is_wrong_further_down_is_said_with_its_place(case: str, tmp_path: Path) -> None:
    text, expected = ADDED[case]
    assert wrong(tmp_path, f"{INVENTORY}{text}\n") == expected


def test_balancers_without_a_machine(tmp_path: Path) -> None:
    text = INVENTORY.replace("load-balancer", "worker") + "load_balancers: {kind: haproxy}\n"
    expected = ["cluster.yaml:18:1: no node has the role load-balancer"]
    assert wrong(tmp_path, text) == expected


def test_all_mistakes_are_told_at_once_in_the_file_s_order(tmp_path: Path) -> None:
    text = INVENTORY.replace("zone: c", "zone: 3").replace("version: 1", "version: x")
    assert [problem.split(":")[1] for problem in wrong(tmp_path, text)] == ["1", "13"]


@pytest.mark.parametrize("text", ["", "- a\n", "text\n", "# nothing\n"])
def test_a_file_without_fields(text: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, text) == ["cluster.yaml:1:1: it must consist of fields, as `version: 1`"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"there is no inventory .*/nowhere\.yaml"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(InventoryError, match="Is a directory"):
        load(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"version: \xff\xfe")
    with pytest.raises(InventoryError, match="it is not text in UTF-8"):
        load(tmp_path / "binary.yaml")
    (tmp_path / "control.yaml").write_bytes(b"version: \x01")
    with pytest.raises(InventoryError, match=r"control\.yaml: .*not allowed"):
        load(tmp_path / "control.yaml")


def test_what_would_exhaust_the_reader(tmp_path: Path) -> None:
    assert wrong(tmp_path, f"version: {'[' * 1000}\n") == ["cluster.yaml: it is nested too deeply"]
    assert "version cannot be a list; there is 1" in wrong(tmp_path, "version: &a [*a]\n")[-1]


def test_files_that_it_names_must_be_there(tmp_path: Path) -> None:
    text = INVENTORY.replace("local://", "ssh://x?ssh_config=conf", 2)
    expected = [
        "cluster.yaml:6:3: there is no kubeconfig kubeconfig",
        # Once, though two nodes name it.
        "cluster.yaml:11:@url: cp-1: there is no file conf",
    ]
    assert wrong(tmp_path, text, files=True) == placed(text, expected)
    (tmp_path / "kubeconfig").touch()
    (tmp_path / "conf").touch()
    assert inventory_of(tmp_path, text, files=True).node("cp-1").zone == "a"


def test_values_may_come_by_anchor(tmp_path: Path) -> None:
    text = INVENTORY.replace("name: api.test", "name: &name api.test").replace(
        "uid: 1-2-3", "uid: *name"
    )
    with pytest.raises(InventoryError):  # an alias before its anchor
        inventory_of(tmp_path, text)
    later = INVENTORY + "critical_namespaces: &n [a]\nchaos: {allowed: *n}\n"
    assert inventory_of(tmp_path, later).chaos.allowed == ("a",)


def test_a_node_that_is_not_there(tmp_path: Path) -> None:
    told = r'cluster.yaml:10:1: there is no node "cp-9"; did you mean "cp-3"\?'
    with pytest.raises(InventoryError, match=told):
        inventory_of(tmp_path).node("cp-9")


BUDGETS = """\
budgets:
  any:
    redundancy: 5m
    probes:
      any: {longest_outage: 30s, total_outage: 60s}
      api-write: {longest_outage: 20s}
  kubelet-stop:
    probes:
      any: {longest_outage: 10s}
      api-write: {degradation: 0.5s}
"""


@pytest.mark.parametrize(
    ("fault", "probe", "longest", "degradation"),
    [
        ("kubelet-stop", "api-write", 10, 0.5),
        ("kubelet-stop", "api-read", 10, None),
        ("etcd-stop", "api-write", 20, None),
        ("etcd-stop", "api-read", 30, None),
    ],
)
def test_each_figure_of_a_budget_is_the_narrowest(
    fault: str, probe: str, longest: float, degradation: float | None, tmp_path: Path
) -> None:
    inventory = inventory_of(tmp_path, INVENTORY + BUDGETS)
    assert inventory.budget(fault, probe) == Budget(
        longest_outage=timedelta(seconds=longest),
        total_outage=timedelta(seconds=60),
        degradation=None if degradation is None else timedelta(seconds=degradation),
    )
    assert inventory.redundancy(fault) == timedelta(minutes=5)


def test_without_budgets_nothing_is_limited(tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path)
    assert inventory.budget("kubelet-stop", "api-write").empty
    assert inventory.redundancy("kubelet-stop") is None


@pytest.mark.parametrize(
    ("allowed", "fault", "may"),
    [("[a, b]", "a", True), ("[a, b]", "c", False), ("[all]", "c", True), ("[]", "a", False)],
)
def test_what_is_allowed(allowed: str, fault: str, may: bool, tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, f"{INVENTORY}chaos: {{allowed: {allowed}}}\n")
    assert inventory.allows(fault) is may


@pytest.mark.parametrize("environment", ["lab", "development", "staging", "production"])
def test_production_wants_confirmation(environment: str, tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path, INVENTORY.replace("staging", environment))
    assert inventory.needs_confirmation is (environment == "production")


def test_it_cannot_be_changed(tmp_path: Path) -> None:
    inventory: Inventory = inventory_of(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        inventory.version = 1
