"""What a figure was measured on."""

from __future__ import annotations

import os
import platform


def machine() -> str:
    """This machine in a line: processors, memory, kernel."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} processors, {memory:.0f} GiB, Linux {platform.release()}"
