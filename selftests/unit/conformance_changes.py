"""Ways to change the facts of the selftests' cluster, one thing each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.measure.verdict import Verdict
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_deep import PLANES
from selftests.unit.conformance_programs import components
from selftests.unit.conformance_support import at, good, known, told, verdict

Change = Callable[[f.Facts], f.Facts]


def nodes(index: int, **changes: Any) -> Change:
    """With another node in this one's place; cp-1 is 0."""
    return lambda facts: replace(facts, nodes=at(known(facts.nodes), index, **changes))


def kubernetes(index: int, **changes: Any) -> Change:
    """With this said of a node by the API."""

    def change(facts: f.Facts) -> f.Facts:
        seen = known(facts.nodes)[index].kubernetes
        assert seen is not None
        return nodes(index, kubernetes=replace(seen, **changes))(facts)

    return change


def flag(program: str, name: str, value: str | None, *on: str) -> Change:
    """With another flag of a program, on these nodes; None: without it."""

    def change(facts: f.Facts) -> f.Facts:
        by_node = dict(facts.components)
        for name_of in on or PLANES:
            found = []
            for one in known(by_node[name_of]):
                flags = {k: v for k, v in one.flags.items() if k != name}
                flags |= {} if value is None else {name: value}
                found.append(replace(one, flags=flags) if one.name == program else one)
            by_node[name_of] = tuple(found)
        return replace(facts, components=by_node)

    return change


def filed(program: str, node: str, **settings: str) -> Change:
    """With this said by a program's configuration file; `_` stands for `-`."""
    told = {name.replace("_", "-"): value for name, value in settings.items()}

    def change(facts: f.Facts) -> f.Facts:
        found = known(facts.components[node])
        mine = tuple(
            replace(o, settings=told, unread="") if o.name == program else o for o in found
        )
        return replace(facts, components={**facts.components, node: mine})

    return change


def disk(node: str, path: str, **changes: Any) -> Change:
    """With another certificate in a file."""

    def change(facts: f.Facts) -> f.Facts:
        files = known(facts.stored_certificates[node])
        at_path = [one.path for one in files].index(path)
        certificate = replace(known(files[at_path].certificate), **changes)
        by_node = {**facts.stored_certificates, node: at(files, at_path, certificate=certificate)}
        return replace(facts, stored_certificates=by_node)

    return change


def live(what: str, node: str, **changes: Any) -> Change:
    """With another certificate shown."""

    def change(facts: f.Facts) -> f.Facts:
        served = known(facts.served_certificates)
        which = [(one.what, one.node) for one in served].index((what, node))
        certificate = replace(known(served[which].certificate), **changes)
        return replace(facts, served_certificates=at(served, which, certificate=certificate))

    return change


def shown(what: str, node: str | None, **changes: Any) -> Change:
    """With something else seen of how a certificate is shown."""

    def change(facts: f.Facts) -> f.Facts:
        served = known(facts.served_certificates)
        which = [(one.what, one.node) for one in served].index((what, node))
        return replace(facts, served_certificates=at(served, which, **changes))

    return change


def of(field: str, key: str, value: object) -> Change:
    """With another entry in a mapping of the facts."""

    def change(facts: f.Facts) -> f.Facts:
        changed: dict[str, Any] = {field: {**getattr(facts, field), key: value}}
        return replace(facts, **changed)

    return change


def one(field: str, **changes: Any) -> Change:
    """With another part."""
    return lambda facts: replace(facts, **{field: replace(getattr(facts, field), **changes)})


def declared(**changes: Any) -> Change:
    """With another inventory."""
    return one("declared", **changes)


def status(**changes: Any) -> Change:
    """With something else said by etcd's member on cp-2."""

    def change(facts: f.Facts) -> f.Facts:
        etcd = known(facts.etcd)
        first, second, *rest = etcd.statuses
        told = (first, replace(second, **changes), *rest)
        return replace(facts, etcd=replace(etcd, statuses=told))

    return change


def member(**changes: Any) -> Change:
    """With another entry for etcd's member on cp-2."""

    def change(facts: f.Facts) -> f.Facts:
        etcd = known(facts.etcd)
        return replace(facts, etcd=replace(etcd, members=at(etcd.members, 1, **changes)))

    return change


def stranger(what: str, node: str, path: str, status: int) -> Change:
    """With this answered to a stranger."""

    def change(facts: f.Facts) -> f.Facts:
        tried = known(facts.anonymous)
        which = [(t.what, t.node, t.path) for t in tried].index((what, node, path))
        return replace(facts, anonymous=at(tried, which, status=status, ended=""))

    return change


def version(name: str, node: str, text: str) -> Change:
    """With another version of a program."""

    def change(facts: f.Facts) -> f.Facts:
        versions = known(facts.versions)
        which = [(v.name, v.node) for v in versions].index((name, node))
        return replace(facts, versions=at(versions, which, version=text))

    return change


def upgraded(node: str, *, index: int) -> Change:
    """With a control plane, its kubelet among it, that is a minor version ahead of the others."""
    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ahead = (version(name, node, "v1.37.0") for name in names)
    return both(*ahead, kubernetes(index, kubelet="v1.37.0"))


def bound(role: str, *subjects: str, namespace: str = "") -> Change:
    """With one more binding."""
    binding = f.Binding(name="mine", role=role, subjects=subjects, namespace=namespace)
    return lambda facts: replace(facts, bindings=(*known(facts.bindings), binding))


def both(*changes: Change) -> Change:
    """With all of them."""

    def change(facts: f.Facts) -> f.Facts:
        for each in changes:
            facts = each(facts)
        return facts

    return change


def store(**changes: Any) -> Change:
    """With another store of snapshots on worker-1."""
    return lambda facts: replace(facts, backups=at(known(facts.backups), 3, **changes))


def without(name: str) -> Change:
    """With a program that does not run on cp-2 and cp-3, the zones b and c."""

    def change(facts: f.Facts) -> f.Facts:
        left = {
            node: tuple(c for c in components(node) if c.name != name or node == "cp-1")
            for node in PLANES
        }
        return replace(facts, components=left)

    return change


def keys_of(node: str, index: int, **changes: Any) -> Change:
    """With another key on a control plane: 0 the cluster's authority's, 3 that of tokens."""
    return of("keys", node, at(deep.keys(node), index, **changes))


Case = tuple[str, Change, str]


def named(cases: list[Case]) -> list[Any]:
    """Each with a name of its own."""
    return [pytest.param(*case, id=f"{case[0]}-{n}") for n, case in enumerate(cases)]


def is_red(item: str, change: Change, said: str) -> None:
    """An item fails on the changed facts, and its evidence names the thing; and passes else."""
    facts = change(good())
    assert verdict(item, facts) is Verdict.FAIL, told(item, facts)
    assert said in told(item, facts)
    assert verdict(item, good()) is Verdict.PASS, told(item, good())
