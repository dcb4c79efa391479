"""HAProxy's statistics: how it sees its servers now.

Source: HAProxy 3.0 Management Guide, 9.1, https://docs.haproxy.org/3.0/management.html.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from chaos.cluster.facts import HaproxyState


def parse_stats(text: str) -> tuple[HaproxyState, ...]:
    """The servers of `show stat`, or of a statistics page's `;csv`.

    Raises:
        ValueError: it is no such table.
    """
    start = text.find("# pxname,")
    if start < 0:
        raise ValueError("HAProxy gave no statistics")
    rows = csv.DictReader(io.StringIO(text[start + 2 :]))
    states = []
    for row in rows:
        if row.get("type") != "2":  # 0 a frontend, 1 a backend, 2 a server, 3 a listener
            continue
        since, sessions = row.get("lastchg") or "", row.get("stot") or ""
        states.append(
            HaproxyState(
                backend=row["pxname"],
                server=row["svname"],
                status=row.get("status") or "",
                check=(row.get("check_status") or "").removeprefix("* "),
                since=timedelta(seconds=int(since)) if since.isdigit() else None,
                sessions=int(sessions) if sessions.isdigit() else None,
            )
        )
    return tuple(states)
