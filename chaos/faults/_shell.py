"""Shell that several faults use. $HOLDFAST_ROOT is empty but in tests."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

# A process is known by its id and its start: an id alone may be another's by now.
PROCESSES = r"""
born() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # What stands in parentheses may hold spaces.
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    shift 19 && echo "$1"
}
state() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    echo "${stat%% *}"
}
children() {
    if [ -e "/proc/$$/task/$$/children" ]; then
        cat "/proc/$1/task/"*/children 2>/dev/null || :
        return 0
    fi
    # A kernel without CONFIG_PROC_CHILDREN.
    { cat /proc/[0-9]*/status 2>/dev/null || :; } |
        awk -v of="$1" '$1 == "Pid:" { pid = $2 } $1 == "PPid:" && $2 == of { print pid }'
}
family() {
    echo "$1"
    for child in $(children "$1"); do family "$child"; done
}
main_of() {
    pid=$(systemctl show --property=MainPID --value "$1")
    [ "${pid:-0}" -eq 0 ] || echo "$pid"
}
# A signal is not in effect yet when kill returns. Waits for 2 s at most; others tell what came.
settle() { # PID stopped | PID running
    tries=0
    while [ "$tries" -lt 100 ]; do
        case $(state "$1" || :) in [Tt]) now=stopped ;; *) now=running ;; esac
        [ "$now" != "$2" ] || return 0
        tries=$((tries + 1))
        sleep 0.02
    done
}
# Written down before it is stopped: what is not written down is never resumed.
pause() {
    echo "$1 $(born "$1")" >>"$HOLDFAST_DIR/paused"
    kill -STOP "$1"
    settle "$1" stopped
}
# A parent that is stopped has no new children.
pause_family() {
    pause "$1"
    for child in $(children "$1"); do pause_family "$child"; done
}
resume_all() {
    [ -e "$HOLDFAST_DIR/paused" ] || return 0
    # The parents last: they would take a child that still sleeps for hung.
    sort -rn "$HOLDFAST_DIR/paused" | while read -r pid was; do
        [ "$(born "$pid" || :)" = "$was" ] || continue
        kill -CONT "$pid"
        settle "$pid" running
    done
}
# All that were stopped still are, and there is one at least.
all_paused() {
    [ -s "$HOLDFAST_DIR/paused" ] || { echo "nothing was stopped"; return 1; }
    while read -r pid was; do
        [ "$(born "$pid" || :)" = "$was" ] || { echo "process $pid has ended"; return 1; }
        case $(state "$pid") in
            [Tt]) echo "process $pid ($(cat "/proc/$pid/comm")) is stopped" ;;
            *) echo "process $pid runs"; return 1 ;;
        esac
    done <"$HOLDFAST_DIR/paused"
}
stopped_of() { # reads their ids
    while read -r pid; do
        case $(state "$pid" || :) in [Tt]) echo "stopped: $(cat "/proc/$pid/comm")" ;; esac
    done
}
"""

_SHOWN = "Id,LoadState,ActiveState,UnitFileState,FragmentPath,DropInPaths,Restart"


def words(*values: str) -> str:
    """As words of a shell line."""
    return shlex.join(values)


def are_active(units: Sequence[str]) -> str:
    """Precheck: all these units run."""
    return f"""
set -- {words(*units)}
for unit in "$@"; do
    systemctl is-active --quiet "$unit" || {{ echo "$unit is not active"; exit 1; }}
done
"""


def shown(units: Sequence[str], *, whole: bool) -> str:
    """Projection: how these units stand, and which of their processes are stopped.

    Args:
        units: their names.
        whole: look at the main process's descendants as well.
    """
    return f"""{PROCESSES}
set -- {words(*units)}
for unit in "$@"; do
    systemctl show --property={_SHOWN} "$unit"
    pid=$(main_of "$unit")
    [ -z "$pid" ] || {"family" if whole else "echo"} "$pid" | stopped_of
done
"""
