"""Alertmanager's routes and receivers, out of its configuration: their kinds, never their secrets.

Source: https://prometheus.io/docs/alerting/latest/configuration/.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chaos.cluster.collect.prometheus import ODD, Answer
from chaos.cluster.facts import NotAvailable, Route
from chaos.cluster.matchers import Matcher, matchers_of

Receivers = dict[str, tuple[str, ...]]
# What an interval may say, and still be at all times.
_WHOLE = {
    "times": {"00:00-24:00"},
    "weekdays": {"sunday:saturday", "monday:sunday"},
    "days_of_month": {"1:31"},
    "months": {"1:12", "january:december"},
}


def asked_of(alertmanager: str) -> str:
    """The URL at which an Alertmanager says its configuration, by the one that alerts go to."""
    return f"{alertmanager.partition('/api/')[0]}/api/v2/status"


def who_is_told(
    active: Mapping[str, Answer], own: Answer | None, where: str | None
) -> tuple[Receivers, Route] | NotAvailable:
    """What the Alertmanagers have that Prometheus sends to.

    Args:
        active: by URL, what each of them answers.
        own: what the inventory's answers, at `where`: it is heard when none of them is reached,
            and is one of them.
    """
    for answer in active.values():
        if not isinstance(answer, NotAvailable):
            return _read(answer)
    if own is None or where is None:
        return NotAvailable("the inventory does not say where Alertmanager is")
    if isinstance(own, NotAvailable):
        return own
    found = _read(own)
    if active and not isinstance(found, NotAvailable):
        hosts = {urlsplit(url).hostname for url in active}
        if not hosts & {urlsplit(where).hostname, *_peers(own)}:
            named = ", ".join(active)
            return NotAvailable(f"{named} cannot be asked, and the inventory's is none of them")
    return found


def _peers(status: str) -> Collection[str | None]:
    """The hosts of the Alertmanagers that form a cluster with this one."""
    peers = (json.loads(status).get("cluster") or {}).get("peers") or ()
    return {urlsplit(f"//{one.get('address')}").hostname for one in peers}


def _read(status: str) -> tuple[Receivers, Route] | NotAvailable:
    try:
        config = str(json.loads(status)["config"]["original"])
        return receivers_of(config), route_of(config)
    except ODD as wrong:
        return NotAvailable(f"Alertmanager does not answer as Alertmanager does: {wrong}")


def receivers_of(config: str) -> Receivers:
    """By receiver to which a route leads, the kinds of integrations that it has.

    Raises:
        ValueError: it is no configuration.
    """
    content = _content(config)
    kinds = {
        one["name"]: tuple(
            sorted(key.removesuffix("_configs") for key, value in one.items() if _tells(key, value))
        )
        for one in content.get("receivers") or ()
    }
    return {name: kinds.get(name, ()) for name in dict.fromkeys(_led(content["route"]))}


def route_of(config: str) -> Route:
    """The route at the root, with those below it.

    Raises:
        ValueError: it is no configuration.
    """
    content = _content(config)
    named = (content.get("time_intervals") or []) + (content.get("mute_time_intervals") or [])
    always = {one["name"] for one in named if any(map(_always, one.get("time_intervals") or ()))}
    return _route(content["route"], "", always)


def _content(config: str) -> dict[str, Any]:
    try:
        content = YAML(typ="safe").load(config)
    except YAMLError:
        raise ValueError("Alertmanager's configuration cannot be read") from None
    if not isinstance(content, dict) or not isinstance(content.get("route"), dict):
        raise ValueError("Alertmanager's configuration has no route")
    return content


def _tells(key: str, value: object) -> bool:
    return key.endswith("_configs") and bool(value)


def _led(route: Mapping[str, Any]) -> Iterator[str]:
    """The receivers that a route and those below it lead to."""
    if name := route.get("receiver"):
        yield str(name)
    for below in route.get("routes") or ():
        yield from _led(below)


def _route(route: Mapping[str, Any], above: str, always: Collection[str]) -> Route:
    receiver = str(route.get("receiver") or above)
    muted = (str(one) for one in route.get("mute_time_intervals") or () if one in always)
    return Route(
        receiver=receiver,
        matchers=tuple(_matchers(route)),
        further=bool(route.get("continue")),
        muted=next(muted, ""),
        routes=tuple(_route(one, receiver, always) for one in route.get("routes") or ()),
    )


def _matchers(route: Mapping[str, Any]) -> Iterator[Matcher]:
    """Those of today, and both of the older forms."""
    for one in route.get("matchers") or ():
        yield from _matcher(str(one).strip())
    for how, key in (("=", "match"), ("=~", "match_re")):
        for label, value in (route.get(key) or {}).items():
            yield Matcher(str(label), how, str(value))


def _matcher(text: str) -> Iterator[Matcher]:
    """A matcher, or several with commas between them; values may stand without quotes.

    Raises:
        ValueError: it is none.
    """
    inside = text[1:-1] if text.startswith("{") else text
    if found := matchers_of(f"{{{inside}}}"):
        yield from found
        return
    for how in ("=~", "!~", "!=", "="):
        label, is_it, value = inside.partition(how)
        if is_it:
            yield Matcher(label.strip(), how, value.strip())
            return
    raise ValueError(f"Alertmanager's configuration has a matcher that is none: {text}")


def _always(interval: Mapping[str, Any] | None) -> bool:
    """Whether an interval is at all times."""
    for key, value in (interval or {}).items():
        said = {_said(one) for one in value} if isinstance(value, list) else set()
        if said and not said & _WHOLE.get(key, set()):
            return False
    return True


def _said(one: object) -> str:
    if isinstance(one, dict):
        return f"{one.get('start_time')}-{one.get('end_time')}"
    return str(one).lower()
