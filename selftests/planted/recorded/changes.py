"""Ways to change facts, one thing each, whatever cluster they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from chaos.cluster import facts as f
from chaos.cluster.facts import Facts
from selftests.planted.recording import Change

_T = TypeVar("_T")


def known(fact: _T | f.NotAvailable | None) -> _T:
    """A fact that was read.

    Raises:
        AssertionError: it was not.
    """
    assert fact is not None
    assert not isinstance(fact, f.NotAvailable), fact.reason
    return fact


def where(things: Iterable[_T], which: Callable[[_T], bool], **changes: Any) -> tuple[_T, ...]:
    """The same, with those changed that fit.

    Raises:
        AssertionError: none fits.
    """
    before = tuple(things)
    assert any(map(which, before)), "nothing fits"
    return tuple(replace(one, **changes) if which(one) else one for one in before)  # type: ignore[type-var]


def of(field: str, **changes: Any) -> Change:
    """With parts of one fact changed: `of("etcd", alarms=(…,))`."""

    def change(facts: Facts) -> Facts:
        changed: dict[str, Any] = {field: replace(known(getattr(facts, field)), **changes)}
        return replace(facts, **changed)

    return change


def among(field: str, which: Callable[[Any], bool], **changes: Any) -> Change:
    """With those changed that fit in a fact that is a row of things."""

    def change(facts: Facts) -> Facts:
        changed: dict[str, Any] = {field: where(known(getattr(facts, field)), which, **changes)}
        return replace(facts, **changed)

    return change


def entry(field: str, key: str, make: Callable[[Any], object]) -> Change:
    """With another entry in a fact that is a mapping, made from the one that is there."""

    def change(facts: Facts) -> Facts:
        mapping: Mapping[str, Any] = getattr(facts, field)
        changed: dict[str, Any] = {field: {**mapping, key: make(known(mapping[key]))}}
        return replace(facts, **changed)

    return change


def declared(**changes: Any) -> Change:
    """With another inventory."""
    return of("declared", **changes)


def node(name: str, **changes: Any) -> Change:
    """With another machine."""
    return among("nodes", lambda one: one.name == name, **changes)


def kubernetes(name: str, **changes: Any) -> Change:
    """With this said of a node by the API."""

    def change(facts: Facts) -> Facts:
        (one,) = (n for n in known(facts.nodes) if n.name == name)
        return node(name, kubernetes=replace(known(one.kubernetes), **changes))(facts)

    return change


def flags(program: str, changes: Mapping[str, str | None], *on: str) -> Change:
    """With other flags of a program on these nodes, or on all; None: without the flag."""

    def change(facts: Facts) -> Facts:
        by_node = dict(facts.components)
        for name in on or tuple(by_node):
            found = known(by_node[name])
            mine = [one for one in found if one.name == program]
            assert mine or not on, f"no {program} on {name}"
            by_node[name] = tuple(_flagged(one, changes) if one in mine else one for one in found)
        return replace(facts, components=by_node)

    return change


def _flagged(one: f.Component, changes: Mapping[str, str | None]) -> f.Component:
    merged = {**one.flags, **changes}
    return replace(one, flags={name: value for name, value in merged.items() if value is not None})


def all_of(*changes: Change) -> Change:
    """With all of them, one after the other."""

    def change(facts: Facts) -> Facts:
        for each in changes:
            facts = each(facts)
        return facts

    return change
