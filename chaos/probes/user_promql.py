"""A figure that the user's own Prometheus knows."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import quote

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import classified, of_status
from chaos.probes.http import Answer
from chaos.probes.user_http import Url


@probe("user-promql", rate=1.0, slow=0.75)
class UserPromql:
    """A PromQL query, each of whose values must lie within the user's budget.

    The detail has the `value` farthest from it. No data is `wrong` as well: a query that finds
    nothing has proved nothing.

    Options: `url`, Prometheus's, and `ca` as in `Url`; `query`; `at_least` and `at_most`, the
    budget, of which one may be left out.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        base, query = spec.options["url"].rstrip("/"), quote(spec.options["query"], safe="")
        self._url = Url(f"{base}/api/v1/query?query={query}", spec.options.get("ca"))
        self._least = float(spec.options.get("at_least", -math.inf))
        self._most = float(spec.options.get("at_most", math.inf))

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One query."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        answer = await self._url.ask(attempt)
        outcome = of_status(answer.status)
        if outcome is not Outcome.OK:
            attempt.note(status=answer.status)
            return outcome
        try:
            values = _values(answer)
        except (ValueError, KeyError, TypeError) as error:
            attempt.note(error=f"no answer of Prometheus: {error!r}"[:160])
            return Outcome.WRONG
        if not values:
            attempt.note(error="the query finds nothing")
            return Outcome.WRONG
        worst = max(values, key=self._over)
        attempt.note(value=worst if math.isfinite(worst) else str(worst))
        return Outcome.OK if self._over(worst) <= 0 else Outcome.WRONG

    def _over(self, value: float) -> float:
        """How far a value is outside of the budget; below 0 it is inside."""
        if math.isnan(value):
            return math.inf
        return max(self._least - value, value - self._most)

    async def close(self) -> None:
        """Nothing: there is nothing kept."""


def _values(answer: Answer) -> list[float]:
    data: dict[str, Any] = json.loads(answer.body)["data"]
    found = data["result"]
    if data["resultType"] == "scalar":
        return [float(found[1])]
    if data["resultType"] != "vector":
        raise ValueError(f"a {data['resultType']} is no figure of now")
    return [float(one["value"][1]) for one in found]
