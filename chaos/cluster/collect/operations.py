"""Runbooks, and when drills last went well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from chaos.cluster.cluster import Cluster
from chaos.cluster.facts import NotAvailable, OperationsFacts, Runbook
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=5)
CONFIGMAP = "configmap:"


def look(cluster: Cluster) -> OperationsFacts | NotAvailable:
    """What the inventory's section names."""
    part = cluster.inventory.operations
    if part is None:
        return NotAvailable("the inventory has no section operations")
    folder = cluster.inventory.folder
    tasks = {name: partial(_runbook, name, where, folder) for name, where in part.runbooks.items()}
    pages = [one for one in together(tasks).values() if isinstance(one, Runbook)]
    return OperationsFacts(
        runbooks=tuple(pages),
        drills=_drills(cluster, part.history),
        history=part.history or "",
    )


def _runbook(incident: str, where: str, folder: Path) -> Runbook:
    if not where.startswith(("http://", "https://")):
        return Runbook(incident=incident, where=where, found=_page(folder, where))
    try:
        answer = urllib3.request(
            "GET", where, retries=False, timeout=LIMIT.total_seconds(), preload_content=False
        )
        answer.close()
    except HTTPError as wrong:
        why = NotAvailable(f"it cannot be asked for from here: {wrong}")
        return Runbook(incident=incident, where=where, found=why)
    # What asks who we are is there, for those who may read it.
    return Runbook(incident=incident, where=where, found=answer.status < 404)


def _page(folder: Path, where: str) -> bool | NotAvailable:
    try:
        file = folder / Path(where).expanduser()
        return file.is_file() and bool(file.read_bytes().strip())
    except (OSError, ValueError, RuntimeError) as wrong:
        return NotAvailable(f"it cannot be read: {wrong}")


def _drills(cluster: Cluster, history: str | None) -> Mapping[str, datetime] | NotAvailable:
    if history is None:
        return NotAvailable("the inventory names no history of drills")
    try:
        if history.startswith(CONFIGMAP):
            return _of_configmap(cluster, history.removeprefix(CONFIGMAP))
        text = (cluster.inventory.folder / Path(history).expanduser()).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.partition("#")[0].strip()]
        return _times(map(_of_line, lines))
    except HoldfastError as why:
        return NotAvailable(why.problem.rstrip("."))
    except (OSError, ValueError, RuntimeError) as wrong:
        return NotAvailable(f"{history} cannot be read: {wrong}")


def _of_configmap(cluster: Cluster, name: str) -> Mapping[str, datetime]:
    namespace, _, own = name.partition("/")
    path = f"/api/v1/namespaces/{namespace}/configmaps/{own}"
    found: Mapping[str, Any] = cluster.kube.get(path)
    return _times((found.get("data") or {}).items())


def _of_line(line: str) -> tuple[str, str]:
    """From `restore: 2027-01-31T09:30:00Z  # of cp-1.db` the name, and the time with its remark."""
    name, colon, time = line.partition(":")
    if not colon:
        raise ValueError(f'"{line}" is no NAME: TIME')
    return name, time


def _times(said: Iterable[tuple[str, str]]) -> dict[str, datetime]:
    """The newest of each."""
    found: dict[str, datetime] = {}
    for name, text in said:
        known = text.partition("#")[0].strip().replace("Z", "+00:00")
        time = datetime.fromisoformat(known)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        found[name.strip()] = max(time, found.get(name.strip(), time))
    return found
