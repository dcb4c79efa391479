"""How the apiservers are told to encrypt. They read it when they start: the files alone change."""

from __future__ import annotations

import base64
import re
import secrets

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.etcd import PLAIN, put_in_plain

CONFIG = "/etc/kubernetes/policy/encryption.yaml"
# kubernetes.io printed it for years: abcdefghijklmnopqrstuvwxyz123456.
PUBLISHED = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="


class KeyOnOneAlone(Defect):
    """A new key was put before the old one, on one control plane alone.

    At its next start it writes what the others cannot read.
    """

    name = "key-on-one-alone"
    item = "encryption-config-equal"
    evidence = r"the apiservers have several configurations: .*[0-9a-f]{12} on cp-2"

    def plant(self, bench: Bench) -> None:
        key = base64.b64encode(secrets.token_bytes(32)).decode()

        def change(text: str) -> str:
            return re.sub(
                r"^( *)- name: lab\n",
                lambda found: f"{found[1]}- name: new\n{found[1]}  secret: {key}\n{found[0]}",
                text,
                count=1,
                flags=re.MULTILINE,
            )

        bench.change_file("cp-2", CONFIG, change)

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-2", CONFIG)


class IdentityFirst(Defect):
    """One control plane's first provider is identity: what it writes after a start is plain.

    The others' is not, which the item of equal configurations must tell.
    """

    name = "identity-first"
    item = "encryption-provider-first"
    also = frozenset({"encryption-config-equal"})
    evidence = rf"{CONFIG} on cp-2: secrets, configmaps are written as they are"

    def plant(self, bench: Bench) -> None:
        def change(text: str) -> str:
            return text.replace("providers:\n", "providers:\n      - identity: {}\n", 1)

        bench.change_file("cp-2", CONFIG, change)

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-2", CONFIG)


class KeyOfATutorial(Defect):
    """The key is the one that documentation prints: who has a backup has the Secrets."""

    name = "key-of-a-tutorial"
    item = "encryption-key-own"
    evidence = rf"{CONFIG} on cp-1 has 1 key of a published example: everybody has it"

    def plant(self, bench: Bench) -> None:
        for cp in bench.fleet.plan.control_planes:
            bench.change_file(
                cp.name, CONFIG, lambda text: re.sub(r"secret: \S+", f"secret: {PUBLISHED}", text)
            )

    def mend(self, bench: Bench) -> None:
        for cp in bench.fleet.plan.control_planes:
            bench.put_back(cp.name, CONFIG)


class ConfigMapInPlain(Defect):
    """ConfigMaps were declared to be encrypted, and an old one was never written anew."""

    name = "configmap-in-plain"
    item = "encryption-resources"
    evidence = r"1 of \d+ of \d+ configmaps that were looked at are plain: \S+/default/planted"

    def plant(self, bench: Bench) -> None:
        put_in_plain(bench, "ConfigMap", "configmaps", {"data": {"word": "open"}})

    def mend(self, bench: Bench) -> None:
        bench.delete("configmap", PLAIN, "--namespace=default")
