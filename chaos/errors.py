"""What Holdfast says when it cannot go on."""

from __future__ import annotations


class HoldfastError(Exception):
    """Something that is needed is not there: a node, a right, a tool.

    Args:
        problem: what is wrong, one sentence.
        remedy: what to do about it, one sentence; may be empty.
    """

    exit_code = 3

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


class UsageError(HoldfastError):
    """The caller asked for something that does not exist or does not fit together."""

    exit_code = 2
