"""How the values of existing keys begin in etcd. Nothing is written; only beginnings leave it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial

from chaos.cluster.etcd import Etcd, EtcdError
from chaos.cluster.etcd_parse import EtcdUnreadable
from chaos.cluster.facts import ORDERED, EncryptionFacts, NotAvailable, StoredKey, StoredKeys
from chaos.cluster.shell import Said, quote

RESOURCES = ("secrets", "configmaps")
MOST = 50
# Where keys do not lie under their resource's name.
_PLACES = {
    "nodes": "minions",
    "replicationcontrollers": "controllers",
    "services": "services/specs",
    "endpoints": "services/endpoints",
    "ingresses.networking.k8s.io": "ingress",
}
# The groups with a dot that lie under their resources' names alone (kube-apiserver's own storage);
# all others' keys, of apiextensions.k8s.io and apiregistration.k8s.io too, begin with the group.
_BUILT_IN = {
    f"{name}.k8s.io"
    for name in (
        *("admissionregistration", "certificates", "coordination", "discovery", "events"),
        *("flowcontrol.apiserver", "internal.apiserver", "networking", "node"),
        *("rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
    )
}
# Long enough for `k8s:enc:PROVIDER:VERSION:KEY:`; of a value that is not encrypted, for its kind.
BYTES = 40

_KEY = re.compile(r'^"Key" : "(.*)"$')
_VALUE = re.compile(r'^"Value" : "(.*)$')
_COUNT = re.compile(r'^"Count" : (\d+)$')


def question(prefix: str, resource: str) -> str:
    """Shell text that prints keys and how their values begin: those written longest ago first.

    Where there are too many to be put in order, the first of them by name. The values are cut on
    the machine that etcdctl runs on, before anything is sent.
    """
    cut = f'/^"Key" : /p; /^"Count" : /p; s/^("Value" : ".{{0,{BYTES}}}).*$/\\1/p'
    where = quote(f"{prefix}/{place_of(resource)}/")
    return f"""
n=$(etcdctl_ get {where} --prefix --count-only -w fields | sed -nE 's/^"Count" : //p')
order=
[ "${{n:-0}}" -gt {MOST} ] && [ "$n" -le {ORDERED} ] && order='--sort-by=MODIFY --order=ASCEND'
etcdctl_ get {where} --prefix --limit={MOST} $order -w fields | sed -nE {quote(cut)}
"""


def place_of(resource: str) -> str:
    """Where the keys of a resource lie: by its name, those of custom resources by their group.

    >>> place_of("secrets"), place_of("deployments.apps"), place_of("leases.coordination.k8s.io")
    ('secrets', 'deployments', 'leases')
    >>> place_of("gateways.gateway.networking.k8s.io")
    'gateway.networking.k8s.io/gateways'
    """
    name, _, group = resource.partition(".")
    if resource in _PLACES:
        return _PLACES[resource]
    own = "." in group and group not in _BUILT_IN
    return f"{group}/{name}" if own else name


def look(
    etcd: Etcd, *, prefix: str, declared: Iterable[str] = ()
) -> EncryptionFacts | NotAvailable:
    """How existing keys begin.

    Args:
        prefix: under which the apiservers keep all keys (`--etcd-prefix`).
        declared: what an EncryptionConfiguration names; wildcards stand for what is always asked.
    """
    named = (one for one in declared if "*" not in one)
    resources = tuple(dict.fromkeys((*RESOURCES, *named)))
    questions = (question(prefix, resource) for resource in resources)
    try:
        node, found = etcd.ask(*questions, read=partial(_read_all, resources))
    except EtcdError as wrong:
        return NotAvailable(wrong.problem.rstrip("."))
    return EncryptionFacts(asked=node.name, resources=found)


def _read_all(resources: tuple[str, ...], answers: Sequence[Said]) -> tuple[StoredKeys, ...]:
    return tuple(read(*pair) for pair in zip(resources, answers, strict=True))


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
