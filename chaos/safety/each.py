"""The same on several nodes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each(items: Sequence[T], do: Callable[[T], R]) -> list[R | Exception]:
    """Do it for all, in parallel; an error stands in the place of its result."""

    def guarded(item: T) -> R | Exception:
        try:
            return do(item)
        except Exception as wrong:
            return wrong

    if len(items) < 2:
        return [guarded(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(16, len(items))) as pool:
        return list(pool.map(guarded, items))


def all_of(items: Sequence[T], do: Callable[[T], R]) -> list[R]:
    """Do it for all, in parallel; then raise the first error if there is one."""
    done = each(items, do)
    for one in done:
        if isinstance(one, Exception):
            raise one
    return [one for one in done if not isinstance(one, Exception)]
