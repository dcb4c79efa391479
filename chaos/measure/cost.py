"""What measuring costs the machine that it runs on."""

from __future__ import annotations

import os
from pathlib import Path

# After the name of the process, which may hold anything, these fields follow (proc(5)).
_PARENT = 1
_TIMES = slice(11, 15)  # utime and stime, and those of the children that it has waited for


def processor_seconds(pid: int) -> float:
    """Seconds of processor that a process and all that it started have taken, to a hundredth.

    With what it started, for some probes ask over a program of their own, as ssh.

    Raises:
        ProcessLookupError: there is no such process.
    """
    taken: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended: its parent has its times, once it has waited for it
        taken[int(folder.name)] = sum(map(int, fields[_TIMES]))
        children.setdefault(int(fields[_PARENT]), []).append(int(folder.name))
    if pid not in taken:
        raise ProcessLookupError(f"There is no process {pid}.")
    ticks, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        ticks += taken[one]
        waiting += children.get(one, [])
    return ticks / os.sysconf("SC_CLK_TCK")
