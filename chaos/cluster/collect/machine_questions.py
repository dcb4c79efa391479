"""What every machine is asked of itself: the shell texts that ask for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from chaos.cluster.collect import disk_question, link_question, names
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import Role
from chaos.cluster.node import Node

# The clock is read at the begin and at the end of the asking: so its offset has two bounds.
FIRST, LAST = "machine clock", "machine clock again"
UNITS, KERNEL, PACKAGES, DISKS, NAMES, SIZE, LINKS = (
    *("machine units", "machine kernel", "machine packages", "machine disks"),
    *("machine names", "machine size", "machine links"),
)
KEEPERS = ("chrony", "chronyd", "ntp", "ntpd", "ntpsec", "openntpd", "systemd-timesyncd", "ptp4l")
# Those whom the kernel is asked about: they have no file and no tool for it, or not everywhere.
OTHERS = ("ntp", "ntpd", "ntpsec", "openntpd", "ptp4l")
SERVICES = ("kubelet", "containerd", "crio", "docker", "haproxy", "keepalived", "etcd")
SETTINGS = (
    *("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"),
    *("net.bridge.bridge-nf-call-ip6tables", "net.ipv6.conf.all.forwarding"),
)
_SET = "ip_forward|bridge-nf-call|conf[./]all[./]forwarding"
HELD = ("kubelet", "kubeadm", "kubectl")
MODULE = "br_netfilter"

_CLOCK = "date +%s.%N"
_UNITS = f"""
systemctl show -p Id,LoadState,UnitFileState,ActiveState,Restart \
    {" ".join(f"{name}.service" for name in (*SERVICES, *KEEPERS))}
echo "Container=$(systemd-detect-virt --container 2>/dev/null)"
echo "Host=$(cat /proc/sys/kernel/hostname 2>/dev/null)"
[ -e /run/systemd/timesync/synchronized ] && echo Synchronised=yes
command -v chronyc >/dev/null && chronyc -n tracking 2>/dev/null |
    sed -n 's/^Leap status *: */Leap=/p'
systemctl is-active --quiet {" ".join(f"{name}.service" for name in OTHERS)} 2>/dev/null &&
    timedatectl show -p NTPSynchronized 2>/dev/null
true
"""
_KERNEL = f"""
for s in {" ".join(SETTINGS)}; do
    f=/proc/sys/$(echo "$s" | tr . /)
    [ -r "$f" ] && echo "live $s $(cat "$f")"
done
for b in /sys/class/net/*/brif; do
    [ -d "$b" ] && [ -n "$(ls -A "$b")" ] && echo "bridge $(basename "$(dirname "$b")")"
done
for d in /usr/lib /usr/local/lib /run /etc; do
    for f in $d/sysctl.d/*.conf; do
        [ -r "$f" ] || continue
        echo "file $f "  # it hides others of its name whatever stands in it
        grep -E '{_SET}' "$f" | sed "s,^,file $f ,"
    done
    grep -hswE '^[[:space:]]*{MODULE}' $d/modules-load.d/*.conf | sed 's,^,module ,'
done
[ -d /run/systemd/system ] || [ ! -r /etc/sysctl.conf ] ||
    grep -E '{_SET}' /etc/sysctl.conf | sed 's,^,file /etc/sysctl.conf ,'
grep -hsw {MODULE} /etc/modules | sed 's,^,module ,'
true
"""
_PACKAGES = f"""
if command -v dpkg-query >/dev/null; then
    dpkg-query -W -f='${{db:Status-Abbrev}} ${{Package}}\\n' {" ".join(HELD)} 2>/dev/null
elif command -v rpm >/dev/null; then
    # Patterns of names; of a list of locked versions the names alone, without epoch and version.
    kept=$(
        sed -nE 's/^(exclude|excludepkgs)[[:space:]]*=//p' /etc/yum.repos.d/*.repo \
            /etc/dnf/dnf.conf /etc/dnf/libdnf5.conf.d/*.conf /etc/yum.conf 2>/dev/null | tr ',' ' '
        sed -E -e '/^[[:space:]]*([#!]|$)/d' -e 's/^[0-9]+://' -e 's/-[0-9*][^-]*-[^-]*$//' \
            -e 's/-[*]$//' /etc/dnf/plugins/versionlock.list \
            /etc/yum/pluginconf.d/versionlock.list 2>/dev/null
        sed -nE 's/^name[[:space:]]*=[[:space:]]*"(.*)".*/\\1/p' \
            /etc/dnf/versionlock.toml 2>/dev/null
        sed -nE 's/^solvable_name:[[:space:]]*//p' /etc/zypp/locks 2>/dev/null
    )
    set -f
    for p in {" ".join(HELD)}; do
        rpm -q "$p" >/dev/null 2>&1 || continue
        how=ii
        for k in $kept; do case $p in $k) how=hi;; esac; done
        echo "$how $p"
    done
else
    echo there is neither dpkg nor rpm >&2; exit 1
fi
true
"""
_SIZE = "nproc; awk '$1 == \"MemTotal:\" {print $2}' /proc/meminfo"


def questions(inventory: Inventory, node: Node) -> dict[str, str]:
    """What to ask a machine; the clock stands first, and again last."""
    asked = {UNITS: _UNITS, DISKS: disk_question.QUESTION, LINKS: link_question.QUESTION}
    if node.roles == {Role.LOAD_BALANCER}:
        asked[SIZE] = _SIZE
    if node.roles - {Role.LOAD_BALANCER, Role.ETCD}:
        asked |= {KERNEL: _KERNEL, PACKAGES: _PACKAGES}
        if not _is_address(inventory.endpoint.name):
            asked[NAMES] = names.question(inventory.endpoint.name, inventory.endpoint.address)
    return asked


def with_clock(asked: Mapping[str, str]) -> dict[str, str]:
    """The questions, with the clock before and behind them."""
    return {FIRST: _CLOCK, **asked, LAST: _CLOCK} if asked else {}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
