"""Alertmanager's receivers, out of its configuration: their kinds, never their secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def receivers_of(config: str) -> dict[str, tuple[str, ...]]:
    """By receiver to which a route leads, the kinds of integrations that it has.

    Raises:
        ValueError: it is no configuration.
    """
    try:
        content = YAML(typ="safe").load(config)
    except YAMLError:
        raise ValueError("Alertmanager's configuration cannot be read") from None
    if not isinstance(content, dict) or not isinstance(content.get("route"), dict):
        raise ValueError("Alertmanager's configuration has no route")
    kinds = {
        one["name"]: tuple(
            sorted(key.removesuffix("_configs") for key, value in one.items() if _tells(key, value))
        )
        for one in content.get("receivers") or ()
    }
    return {name: kinds.get(name, ()) for name in dict.fromkeys(_led(content["route"]))}


def _tells(key: str, value: object) -> bool:
    return key.endswith("_configs") and bool(value)


def _led(route: Mapping[str, Any]) -> Iterator[str]:
    """The receivers that a route and those below it lead to."""
    if name := route.get("receiver"):
        yield str(name)
    for below in route.get("routes") or ():
        yield from _led(below)
