"""What HAProxy itself says of its configuration, before the next start has to."""

from __future__ import annotations

import re

from chaos.cluster.facts import NotAvailable
from chaos.cluster.shell import Said, quote

# What a reloaded master keeps in its environment, which is none of the configuration's.
_ITS_OWN = ("HAPROXY_MWORKER_REEXEC", "HAPROXY_MWORKER_WAIT_ONLY", "HAPROXY_PROCESSES")
_UNSET = " ".join(f"-u {name}" for name in (*_ITS_OWN, "NOTIFY_SOCKET"))


def question(config: str, redact: str) -> str:
    """Ask HAProxy of the files that the running process was given; where none runs, of this one.

    It is asked in that process's environment: a configuration may be written with its variables.

    Args:
        redact: the script of sed by which passwords are taken out of what it says.
    """
    return f"""
[ "$(id -u)" = 0 ] || {{ echo only root may read all that HAProxy does >&2; exit 1; }}
haproxy=$(command -v haproxy) || {{ echo the machine has no haproxy of its own >&2; exit 1; }}
files= from= folder=/
for p in $(pidof haproxy); do
    words=$(tr '\\0' '\\n' <"/proc/$p/cmdline" 2>/dev/null)
    mine=$(echo "$words" |
        awk 'rest || f {{print; f = 0; next}} $0 == "--" {{rest = 1}} $0 == "-f" {{f = 1}}')
    echo "$mine" | grep -qxF {quote(config)} && named=yes || named=
    [ -n "$mine" ] || continue
    [ -z "$files" ] || [ -n "$named" ] || continue
    files=$mine from=/proc/$p/environ
    folder=$(echo "$words" | awk 'f {{print; exit}} $0 == "-C" {{f = 1}}')
    [ -z "$named" ] || break
done
files=${{files:-{quote(config)}}}
cd "${{folder:-/}}" || exit 1
HOLDFAST_WORDS="$haproxy
-c"
set -f; IFS='
'
for file in $files; do
    [ -e "$file" ] || {{ echo "HAProxy reads $file, which is not on the machine" >&2; exit 1; }}
    HOLDFAST_WORDS="$HOLDFAST_WORDS
-f
$file"
done
export HOLDFAST_WORDS
xargs -0 sh -c 'set -f; IFS="
"; env "$@" env {_UNSET} $HOLDFAST_WORDS 2>&1; echo "code $?"' sh <"${{from:-/dev/null}}" |
    grep -E '^(\\[ALERT\\]|code )' | sed -E {quote(redact)}
"""


def read(said: Said) -> str | NotAvailable:
    """What it complains of first; empty where it takes the configuration."""
    code = re.search(r"^code (\d+)\s*\Z", said.out, re.MULTILINE)
    if said.code or not code:
        return NotAvailable(said.why)
    if code[1] == "0":
        return ""
    alert = re.search(r"^\[ALERT\][^:\n]*:[ \t]*(\S.*)$", said.out, re.MULTILINE)
    return alert[1].strip() if alert else NotAvailable(f"haproxy -c ended with code {code[1]}")
