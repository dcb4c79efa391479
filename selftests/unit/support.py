"""What the selftests of the lab's plain functions share."""

from __future__ import annotations

import functools

from lab.files import Files, machine_files
from lab.plan import Machine, Plan
from lab.progress import Progress
from lab.secrets import Secrets, create

QUIET = Progress(say=lambda line: None)
PREFIXES = {"lb": 2, "etcd": 5, "cp": 5, "worker": 15}


@functools.cache
def secrets() -> Secrets:
    """Secrets that fit every lab."""
    return create(
        [f"{prefix}-{n}" for prefix, most in PREFIXES.items() for n in range(1, most + 1)]
    )


@functools.cache
def files_of(lab: Plan, machine: Machine, cpus: int = 64) -> Files:
    return machine_files(lab, machine, secrets(), cpus)


def machine_of(lab: Plan, name: str) -> Machine:
    found = lab.machine(name)
    assert found, f"there is no {name}"
    return found
