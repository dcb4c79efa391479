"""How the values of existing keys begin in etcd. Nothing is written; only beginnings leave it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chaos.cluster.etcd import Etcd, EtcdError
from chaos.cluster.etcd_parse import EtcdUnreadable
from chaos.cluster.facts import EncryptionFacts, NotAvailable, StoredKey, StoredKeys
from chaos.cluster.shell import Said, quote

RESOURCES = ("secrets", "configmaps")
# The first keys in order. Any other order would make etcd read all values of the resource.
MOST = 50
# Long enough for `k8s:enc:PROVIDER:VERSION:KEY:`; of a value that is not encrypted, for its kind.
BYTES = 40

_KEY = re.compile(r'^"Key" : "(.*)"$')
_VALUE = re.compile(r'^"Value" : "(.*)$')
_COUNT = re.compile(r'^"Count" : (\d+)$')


def question(prefix: str, resource: str) -> str:
    """Shell text that prints keys and how their values begin.

    The values are cut on the machine that etcdctl runs on, before anything is sent.
    """
    cut = f'/^"Key" : /p; /^"Count" : /p; s/^("Value" : ".{{0,{BYTES}}}).*$/\\1/p'
    where = quote(f"{prefix}/{resource}/")
    return f"etcdctl_ get {where} --prefix --limit={MOST} -w fields | sed -nE {quote(cut)}"


def look(etcd: Etcd, *, prefix: str) -> EncryptionFacts | NotAvailable:
    """How existing keys begin.

    Args:
        prefix: under which the apiservers keep all keys (`--etcd-prefix`).
    """
    questions = (question(prefix, resource) for resource in RESOURCES)
    try:
        node, found = etcd.ask(*questions, read=_read_all)
    except EtcdError as wrong:
        return NotAvailable(wrong.problem.rstrip("."))
    return EncryptionFacts(asked=node.name, resources=found)


def _read_all(answers: Sequence[Said]) -> tuple[StoredKeys, ...]:
    return tuple(read(*pair) for pair in zip(RESOURCES, answers, strict=True))


def read(resource: str, said: Said) -> StoredKeys:
    """What was printed.

    Raises:
        EtcdUnreadable: that was no answer.
    """
    keys: list[StoredKey] = []
    key, count = "", None
    for line in said.out.splitlines():
        if found := _KEY.match(line):
            key = found[1]
        elif found := _VALUE.match(line):
            keys.append(StoredKey(key=key, prefix=found[1].removesuffix('"')))
        elif found := _COUNT.match(line):
            count = int(found[1])
    if count is None:
        raise EtcdUnreadable(f"{resource} could not be read: {said.why}")
    return StoredKeys(resource=resource, looked_at=tuple(keys), count=count)
