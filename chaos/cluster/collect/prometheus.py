"""What a Prometheus is asked over HTTP, from a node or from here, and what its answers hold.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from chaos.cluster.facts import NotAvailable
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.cluster.shell import Questions, quote
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=10)
Answer = str | NotAvailable
Fetch = Callable[[Sequence[str]], Mapping[str, Answer]]
# What an answer of another shape than expected raises while it is taken apart.
ODD = (ValueError, LookupError, TypeError, AttributeError, OverflowError)


def fetcher(node: Node | None) -> Fetch:
    """What asks for URLs: from this node, or from here."""
    return partial(_from_node, node) if node else _from_here


def bare(url: str) -> str:
    """A URL without the user and password that may stand in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _from_here(urls: Sequence[str]) -> dict[str, Answer]:
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(LIMIT.total_seconds()))

    def get(url: str) -> Answer:
        try:
            answer = pool.request("GET", bare(url), headers=_signed(url))
        except HTTPError as wrong:
            return NotAvailable(f"{bare(url).partition('/api/')[0]} cannot be asked: {wrong}")
        if answer.status >= 400:
            return NotAvailable(f"{bare(url).partition('?')[0]} answers {answer.status}")
        return answer.data.decode(errors="replace")

    found = together({url: partial(get, url) for url in urls})
    return {
        url: NotAvailable(one.problem) if isinstance(one, HoldfastError) else one
        for url, one in found.items()
    }


def _signed(url: str) -> dict[str, str]:
    """The header for the user and password that stand in a URL: urllib3 drops them."""
    user, _, host = urlsplit(url).netloc.rpartition("@")
    if not host or not user:
        return {}
    return {"Authorization": f"Basic {b64encode(unquote(user).encode()).decode()}"}


def _from_node(node: Node, urls: Sequence[str]) -> dict[str, Answer]:
    seconds = f"{LIMIT.total_seconds():g}"
    curl = f"curl --silent --show-error --fail --max-time {seconds} "
    asked = Questions.of({url: curl + quote(url) for url in urls}, limit=2 * LIMIT)
    try:
        said = node.ask(asked)
    except HoldfastError as why:
        return dict.fromkeys(urls, NotAvailable(why.problem.rstrip(".")))
    found: dict[str, Answer] = {}
    for url, one in said.items():
        why_not = f"{bare(url).partition('/api/')[0]} cannot be asked from {node.name}: {one.why}"
        found[url] = NotAvailable(why_not) if one.code else one.out
    return found


def data(answer: Answer) -> Any:
    """What was answered.

    Raises:
        ValueError: it is no success.
    """
    content = json.loads(str(answer))
    if content.get("status") != "success":
        raise ValueError(content.get("error") or "it does not say success")
    return content["data"]


def now(answer: Answer) -> datetime:
    """Its clock. A scalar as Prometheus has it; VictoriaMetrics makes a vector of it."""
    result = data(answer)["result"]
    sample = result[0]["value"] if isinstance(result[0], dict) else result
    return datetime.fromtimestamp(float(sample[1]), UTC)


def value(answer: Answer) -> float | NotAvailable | None:
    """The one value of an instant query; None where it finds nothing."""
    if isinstance(answer, NotAvailable):
        return answer
    try:
        result = data(answer)["result"]
        found = float(result[0]["value"][1]) if result else None
    except ODD as wrong:
        return NotAvailable(f"a query was answered otherwise than expected: {wrong}")
    return None if found != found else found  # NaN: nothing was counted


def each(answer: Answer) -> dict[str, float]:
    """The values of an instant query by instance; what is odd is left out."""
    try:
        result = data(answer)["result"]
        return {one["metric"]["instance"]: float(one["value"][1]) for one in result}
    except ODD:
        return {}


def oldest(answer: Answer, at: datetime) -> timedelta | None:
    """Since when there are samples: the first of a range."""
    if isinstance(answer, NotAvailable):
        return None
    try:
        result = data(answer)["result"]
        values = result[0]["values"] if result else []
        return at - datetime.fromtimestamp(float(values[0][0]), UTC) if values else None
    except ODD:
        return None
