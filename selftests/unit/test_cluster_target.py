"""Targets: who is meant, who it is now, whether it still is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chaos.cluster.facts import EtcdFacts, EtcdHealth, EtcdMember, EtcdStatus
from chaos.cluster.inventory import Inventory, InventoryError
from chaos.cluster.target import Chosen, Kind, Target, TargetError
from chaos.errors import HoldfastError, UsageError
from selftests.unit.cluster_support import INVENTORY, inventory_of

SPARE = INVENTORY.replace(
    "  - {name: worker-1",
    "  - {name: cp-4, roles: [control-plane, spare], zone: c, address: 198.51.100.24, "
    'url: "local://"}\n  - {name: worker-1',
)


def etcd(
    leader: str | None = "cp-1", *, silent: str = "", learner: str = "", term: int = 4
) -> EtcdFacts:
    names = ("cp-1", "cp-2", "cp-3")
    url = {name: f"https://{name}:2379" for name in names}
    return EtcdFacts(
        asked="cp-1",
        cluster_id="1",
        members=tuple(
            EtcdMember(
                id=name,
                name=name,
                peer_urls=(),
                client_urls=(url[name],),
                node=name,
                learner=name == learner,
            )
            for name in names
        ),
        statuses=tuple(
            EtcdStatus(
                endpoint=url[name],
                member=name,
                version="3.6.8",
                leader=leader,
                term=term,
                index=1,
                applied=1,
                db_size=1,
                db_in_use=1,
            )
            for name in names
            if name != silent
        ),
        health=tuple(EtcdHealth(endpoint=url[n], healthy=n != silent) for n in names),
    )


@dataclass(frozen=True)
class Name:
    name: str


@dataclass
class Scene:
    """What a cluster would tell."""

    inventory: Inventory
    facts: EtcdFacts = field(default_factory=etcd)
    holding: tuple[str, ...] = ("lb-2",)

    def etcd_facts(self) -> EtcdFacts:
        return self.facts

    def holders(self) -> list[Name]:
        return [Name(name) for name in self.holding]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(inventory_of(tmp_path, SPARE))


def who(words: str, scene: Scene, seed: int = 1) -> Chosen:
    return Target.parse(words).resolve(scene, seed=seed)


@pytest.mark.parametrize("kind", [k for k in Kind if k not in (Kind.ZONE, Kind.NODE)])
def test_what_is_printed_is_read_again(kind: Kind) -> None:
    assert Target.parse(str(Target(kind))) == Target(kind)


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("zone b", Target(Kind.ZONE, "b")),
        ("node cp-1", Target(Kind.NODE, "cp-1")),
        ("  one   control plane ", Target(Kind.CONTROL_PLANE)),
        ("lb", Target(Kind.BALANCER)),
        ("worker", Target(Kind.WORKER)),
    ],
)
def test_other_words(words: str, target: Target) -> None:
    assert Target.parse(words) == target
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize("words", ["", "zone", "node", "leader of etcd", "one"])
def test_words_that_mean_nobody(words: str) -> None:
    with pytest.raises(UsageError, match=f'There is no target "{words}"'):
        Target.parse(words)


def test_the_nearest_words_are_named() -> None:
    with pytest.raises(UsageError, match='did you mean "etcd_leader"'):
        Target.parse("etcd_leder")


@pytest.mark.parametrize(
    ("words", "nodes", "why"),
    [
        ("node worker-1", ("worker-1",), "as named"),
        ("zone b", ("cp-2", "lb-2"), "zone b"),
        ("etcd_leader", ("cp-1",), "leads etcd in term 4"),
        ("vip_holder", ("lb-2",), "holds 198.51.100.100"),
        ("one worker", ("worker-1",), "has the role worker"),
    ],
)
def test_who_it_is(words: str, nodes: tuple[str, ...], why: str, scene: Scene) -> None:
    chosen = who(words, scene)
    assert chosen.nodes == nodes
    assert chosen.why == why
    assert chosen.still(scene) is None
    assert str(chosen) == f"{words}: {', '.join(nodes)} ({why})"


EQUALS = {
    "one control plane": {"cp-1", "cp-2", "cp-3"},  # and not the spare
    "etcd_follower": {"cp-2", "cp-3"},
    "one etcd member": {"cp-1", "cp-2", "cp-3"},
    "any balancer": {"lb-1", "lb-2"},
}


@pytest.mark.parametrize("words", EQUALS)
def test_the_seed_chooses_among_equals(words: str, scene: Scene) -> None:
    by_seed = {seed: who(words, scene, seed).nodes for seed in range(40)}
    assert {name for nodes in by_seed.values() for name in nodes} == EQUALS[words]
    assert {seed: who(words, scene, seed).nodes for seed in range(40)} == by_seed
    assert f"one of {len(EQUALS[words])}" in str(who(words, scene))


def test_one_zone_is_a_whole_one(scene: Scene) -> None:
    zones = {who("one zone", scene, seed).nodes for seed in range(40)}
    assert zones == {("cp-1", "worker-1", "lb-1"), ("cp-2", "lb-2"), ("cp-3", "cp-4")}


def test_the_order_of_the_inventory_changes_no_choice(scene: Scene, tmp_path: Path) -> None:
    lines = SPARE.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "name: cp-1" in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    other = Scene(inventory_of(tmp_path, "".join(lines)))
    for seed in range(10):
        assert who("one control plane", scene, seed).nodes == (
            who("one control plane", other, seed).nodes
        )


def test_a_follower_answers_and_votes(scene: Scene) -> None:
    scene.facts = etcd(silent="cp-2")
    assert who("etcd_follower", scene).nodes == ("cp-3",)
    scene.facts = etcd(learner="cp-3")
    assert who("etcd_follower", scene).nodes == ("cp-2",)


def test_a_leader_that_is_none_any_more(scene: Scene) -> None:
    leader = who("etcd_leader", scene)
    scene.facts = etcd("cp-2", term=5)
    assert leader.still(scene) == "cp-1 is not etcd_leader any more: cp-2 is."
    scene.facts = etcd(None)
    assert leader.still(scene) == "etcd has no leader that its members agree on."


def test_a_follower_that_leads_now(scene: Scene) -> None:
    follower = who("etcd_follower", scene)
    scene.facts = etcd(follower.nodes[0])
    assert "is not etcd_follower any more" in str(follower.still(scene))


def test_an_address_that_moved(scene: Scene) -> None:
    holder = who("vip_holder", scene)
    scene.holding = ("lb-1",)
    assert holder.still(scene) == "lb-2 is not vip_holder any more: lb-1 is."
    scene.holding = ()
    assert holder.still(scene) == "lb-2 is not vip_holder any more: nobody is."


def test_an_address_that_two_hold(scene: Scene) -> None:
    scene.holding = ("lb-1", "lb-2")
    with pytest.raises(TargetError, match=r"198.51.100.100 is held by lb-1 and lb-2 at once"):
        who("vip_holder", scene)


def test_an_address_that_nobody_holds(scene: Scene) -> None:
    scene.holding = ()
    with pytest.raises(TargetError, match="There is nobody that `vip_holder` means now"):
        who("vip_holder", scene)


def test_without_a_leader_there_is_no_target(scene: Scene) -> None:
    scene.facts = etcd(None)
    for words in ("etcd_leader", "etcd_follower"):
        with pytest.raises(TargetError, match=r"has no leader.* Wait for one"):
            who(words, scene)


def test_a_leader_that_the_inventory_does_not_know(scene: Scene) -> None:
    facts = etcd()
    strange = EtcdMember(id="cp-1", name="etcd-x", peer_urls=(), client_urls=())
    scene.facts = EtcdFacts(
        asked="cp-1",
        cluster_id="1",
        members=(strange, *facts.members[1:]),
        statuses=facts.statuses,
    )
    with pytest.raises(TargetError, match="etcd's leader etcd-x is no node of the inventory"):
        who("etcd_leader", scene)


def test_names_that_are_not_there(scene: Scene) -> None:
    with pytest.raises(UsageError, match='There is no zone "q"; there is a, b, c'):
        who("zone q", scene)
    with pytest.raises(InventoryError, match='there is no node "cp-9"'):
        who("node cp-9", scene)


def test_what_the_cluster_cannot_tell_is_raised(scene: Scene) -> None:
    chosen = who("etcd_leader", scene)

    def sealed() -> EtcdFacts:
        raise HoldfastError("etcd cannot be asked.")

    scene.etcd_facts = sealed  # type: ignore[method-assign]
    with pytest.raises(HoldfastError, match="cannot be asked"):
        chosen.still(scene)
