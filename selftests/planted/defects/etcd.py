"""etcd: its members, and what lies in it."""

from __future__ import annotations

import json
from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.zones import part_of

FOURTH = "lb-1"
PLAIN = "planted"


class FourVoters(Defect):
    """A fourth voter was added and never started, as by a join that broke off half way.

    It is to stand in a zone of its own, on a machine that is to have none: in one of the three
    that zone would hold two of four voters. One that never started is not sound, stands where it
    should not, and of four voters leaves three, of which none may be lost.
    """

    name = "four-voters"
    item = "etcd-odd-voters"
    also = frozenset(
        {
            *("etcd-members-sound", "etcd-topology"),
            *("zone-loss-leaves-control-plane", "cluster-level"),
        }
    )
    evidence = r"4 voters \(.*[0-9a-f]+ \(never started\).*\), quorum 3: 1 may be lost: no more"
    quick = True

    def plant(self, bench: Bench) -> None:
        bench.change_inventory(lambda inventory: part_of(inventory, FOURTH).update(zone="d"))
        peer = f"https://{bench.machine(FOURTH).address}:2380"
        bench.etcdctl(f"member add fourth --peer-urls={peer}")

    def mend(self, bench: Bench) -> None:
        _remove_unstarted(bench)
        bench.own_inventory()


class LearnerNeverStarted(Defect):
    """A replacement was added as a learner, and never started: somebody was called away.

    It has no vote, and nobody counts on it but who sees three and one.
    """

    name = "learner-never-started"
    item = "etcd-members-sound"
    evidence = r"[0-9a-f]+ \(never started\) was added and never started"

    def plant(self, bench: Bench) -> None:
        first = bench.fleet.plan.control_planes[0].address
        nobody = f"{first.rpartition('.')[0]}.250"
        bench.etcdctl(f"member add learner --learner --peer-urls=https://{nobody}:2380")

    def mend(self, bench: Bench) -> None:
        _remove_unstarted(bench)


class MemberUndeclared(Defect):
    """By the inventory etcd does not stand on the second control plane, and a member does."""

    name = "member-undeclared"
    item = "etcd-topology"
    evidence = r"a member stands on cp-2, which has not the role etcd"

    def plant(self, bench: Bench) -> None:
        def change(inventory: Any) -> None:
            part_of(inventory, "cp-2")["roles"].remove("etcd")

        bench.change_inventory(change)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()


class SecretInPlain(Defect):
    """One Secret lies in etcd as it was before encryption was switched on: nobody wrote it anew.

    The API gives it out like any other. That what is declared is not done is another item's.
    """

    name = "secret-in-plain"
    item = "etcd-encrypted"
    also = frozenset({"encryption-resources"})
    evidence = r"1 of \d+ secrets looked at are not encrypted: /registry/secrets/default/planted;"

    def plant(self, bench: Bench) -> None:
        put_in_plain(bench, "Secret", "secrets", {"data": {"word": "b3Blbg=="}, "type": "Opaque"})

    def mend(self, bench: Bench) -> None:
        bench.delete("secret", PLAIN, "--namespace=default")


def put_in_plain(bench: Bench, kind: str, resource: str, content: dict[str, Any]) -> None:
    """Write an object past the apiservers, as they did before they encrypted."""
    meta: dict[str, Any] = {
        "name": PLAIN,
        "namespace": "default",
        "uid": "b6e1b6a2-5a5c-4d3e-9d43-0f5a1d6f0c11",
        "creationTimestamp": "2025-01-01T00:00:00Z",
    }
    thing = {"apiVersion": "v1", "kind": kind, "metadata": meta, **content}
    # etcdctl takes a value that is not on its command line from standard input.
    bench.etcdctl(f"put /registry/{resource}/default/{PLAIN}", stdin=json.dumps(thing))
    assert bench.get(kind, PLAIN, "--namespace=default")["data"] == content["data"]


def _remove_unstarted(bench: Bench) -> None:
    for member in bench.etcdctl("member list")["members"]:
        if not member.get("name"):
            bench.etcdctl(f"member remove {member['ID']:x}")
