"""etcd: its members, and what lies in it."""

from __future__ import annotations

import json
from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.zones import stand_as_built, stand_in

FOURTH = "worker-1"


class FourVoters(Defect):
    """A fourth voter was added and never started, as by a join that broke off half way.

    It is to stand in a zone of its own. In one of the three, that zone would hold two of four
    voters and be one that must not be lost, which is another item's to say.
    """

    name = "four-voters"
    item = "etcd-odd-voters"
    evidence = r"4 voters \(.*[0-9a-f]+ \(never started\).*\), quorum 3: 1 may be lost: no more"
    quick = True

    def plant(self, bench: Bench) -> None:
        stand_in(bench, FOURTH, "d")
        peer = f"https://{bench.machine(FOURTH).address}:2380"
        bench.etcdctl(f"member add fourth --peer-urls={peer}")

    def mend(self, bench: Bench) -> None:
        for member in bench.etcdctl("member list")["members"]:
            if not member.get("name"):
                bench.etcdctl(f"member remove {member['ID']:x}")
        stand_as_built(bench, FOURTH)


class SecretInPlain(Defect):
    """One Secret lies in etcd as it was before encryption was switched on: nobody wrote it anew.

    The API gives it out like any other.
    """

    name = "secret-in-plain"
    item = "etcd-encrypted"
    evidence = r"1 of \d+ secrets looked at are not encrypted: /registry/secrets/default/planted;"

    def plant(self, bench: Bench) -> None:
        secret: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "planted",
                "namespace": "default",
                "uid": "b6e1b6a2-5a5c-4d3e-9d43-0f5a1d6f0c11",
                "creationTimestamp": "2025-01-01T00:00:00Z",
            },
            "data": {"word": "b3Blbg=="},
            "type": "Opaque",
        }
        # etcdctl takes a value that is not on its command line from standard input.
        bench.etcdctl("put /registry/secrets/default/planted", stdin=json.dumps(secret))
        assert bench.get("secret", "planted", "--namespace=default")["data"] == secret["data"]

    def mend(self, bench: Bench) -> None:
        bench.kubectl("delete", "secret", "planted", "--namespace=default", "--ignore-not-found")
