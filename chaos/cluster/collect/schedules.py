"""What takes snapshots of etcd again and again: systemd's timers, cron, CronJobs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from chaos.cluster.facts import BackupSchedule, NotAvailable
from chaos.cluster.kube import Listed
from chaos.cluster.shell import Said

# What takes a snapshot says so, in its own words or in those of the script that it runs.
_SAYS = "snapshot save"
_TAKES = re.compile(r"snapshot\s+save")
_FIELDS = "Id,Unit,ActiveState,LastTriggerUSec"

# Times as systemd prints them are read by the machine's own date: they are in its time zone.
QUESTION = f"""
# The words are the shell's own to part: there are many lines, and each program costs milliseconds.
between=$(printf ' \\t;={{}}\\n.') between=${{between%.}} before=$IFS
says() {{
    case $1 in *'{_SAYS}'*) return 0 ;; esac
    set -f; IFS=$between; set -- $1; IFS=$before; set +f
    for w; do
        case $w in /*) [ -f "$w" ] && [ "$(wc -c <"$w")" -lt 100000 ] &&
            grep -q '{_SAYS}' "$w" && return 0 ;; esac
    done
    return 1; }}
now=$(date +%s)
if command -v systemctl >/dev/null; then
    units=$(systemctl list-units --all --full --plain --no-legend --type=timer | cut -d ' ' -f 1)
    [ -z "$units" ] || systemctl show -p {_FIELDS} $units | awk -v RS= '{{
        delete v; n = split($0, lines, "\\n")
        for (i = 1; i <= n; i++) {{
            e = index(lines[i], "=")
            v[substr(lines[i], 1, e - 1)] = substr(lines[i], e + 1)
        }}
        print v["Id"] "|" v["Unit"] "|" v["ActiveState"] "|" v["LastTriggerUSec"] }}' |
    while IFS='|' read -r id unit active last; do
        what=$(systemctl show -p ExecStart --value "$unit" 2>/dev/null)
        says "$what" || continue
        ended=$(systemctl show -p Result --value "$unit")
        # After a boot systemd remembers when the timer ran, and not how that ended.
        exit=$(systemctl show -p ExecMainExitTimestamp --value "$unit")
        [ -n "$exit" ] || ended=
        exit=${{exit:-$last}}
        at=$(date -d "$exit" +%s 2>/dev/null) && [ -n "$exit" ] || at=
        echo "timer|$id|$active|${{at:+$((now - at))}}|$ended"
    done
fi
for f in /etc/crontab /etc/cron.d/* /var/spool/cron/* /var/spool/cron/crontabs/* \\
    /etc/cron.hourly/* /etc/cron.daily/*; do
    [ -f "$f" ] || continue
    grep -v '^[[:space:]]*#' "$f" | while IFS= read -r line; do
        says "$line" && echo "cron|$f|active||" && break
    done
done
true
"""


def read(said: Said) -> tuple[BackupSchedule, ...] | NotAvailable:
    """What a machine printed."""
    if said.code:
        return NotAvailable(f"its timers could not be read: {said.why}")
    found = []
    for line in said.out.splitlines():
        kind, name, active, ago, result = line.split("|", 4)
        found.append(
            BackupSchedule(
                kind=kind,
                name=name,
                on=active == "active",
                last=timedelta(seconds=int(ago)) if ago else None,
                result=result if ago else "",
            )
        )
    return tuple(found)


def cron_jobs(jobs: Listed, configmaps: Listed) -> tuple[BackupSchedule, ...]:
    """The CronJobs that take snapshots of etcd, by their own words or those of a script.

    Args:
        configmaps: those that may hold the scripts.
    """
    found = []
    scripts = {
        (one["metadata"]["namespace"], one["metadata"]["name"])
        for one in configmaps.items
        if any(_TAKES.search(text) for text in (one.get("data") or {}).values())
    }
    for job in jobs.items:
        meta, spec, status = job["metadata"], job.get("spec") or {}, job.get("status") or {}
        pod = ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
        if not _takes(pod.get("spec") or {}, meta["namespace"], scripts):
            continue
        succeeded = _since(status.get("lastSuccessfulTime"), jobs.at)
        last = _since(status.get("lastScheduleTime"), jobs.at)
        # A run that began after the last good end, and is under way no more, came to another.
        failed = (
            succeeded is not None and last is not None and last < succeeded
        ) and not status.get("active")
        good = succeeded is not None and not failed
        found.append(
            BackupSchedule(
                kind="CronJob",
                name=f"{meta['namespace']}/{meta['name']}",
                on=not spec.get("suspend"),
                last=succeeded if good else last,
                result="success" if good else _ended(succeeded),
            )
        )
    return tuple(found)


def _ended(succeeded: timedelta | None) -> str:
    if succeeded is None:
        return "none has succeeded"
    return f"the last that succeeded ended {int(succeeded.total_seconds()) // 60} min ago"


def _takes(pod: dict[str, Any], namespace: str, scripts: set[tuple[str, str]]) -> bool:
    for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        if _TAKES.search(" ".join(str(word) for word in words)):
            return True
    mounted = [(one.get("configMap") or {}).get("name") for one in pod.get("volumes") or ()]
    return any((namespace, name) in scripts for name in mounted)


def _since(text: str | None, at: datetime) -> timedelta | None:
    return max(at - datetime.fromisoformat(text), timedelta()) if text else None
