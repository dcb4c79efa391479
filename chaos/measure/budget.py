"""What an outage may cost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much of a probe's failing is allowed under a fault; None is not judged.

    `longest_outage`: each unbroken run of failures, inside degradations too. `total_outage`: all
    of them together; a degradation weighs its length times its share of failures.
    `degradation`: the length of each. `recover`: from the injection to service for good, while the
    fault lasts.
    """

    longest_outage: timedelta | None = None
    total_outage: timedelta | None = None
    degradation: timedelta | None = None
    recover: timedelta | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            limit = getattr(self, field.name)
            if limit is not None and limit < timedelta(0):
                raise ValueError(f"{field.name}: a budget cannot be negative ({limit})")

    @property
    def empty(self) -> bool:
        """Nothing is limited, so nothing can be judged."""
        return all(getattr(self, field.name) is None for field in fields(self))
