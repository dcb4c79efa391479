"""Can this host carry a lab? And the two of its settings that a lab must raise."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lab.cgroups import hierarchies
from lab.errors import LabError
from lab.home import RUN
from lab.network import PREFIX
from lab.plan import GIB, MIB, RANGE
from lab.shell import CommandFailed, run
from lab.spec import Spec

PACKAGES = Path(__file__).parent / "host-packages.txt"

# At the kernel's default of 128 instances the eighth machine's systemd dies.
INOTIFY = {"fs.inotify.max_user_instances": 8192, "fs.inotify.max_user_watches": 524288}

# What a machine of each kind takes when idle, with room for what tests do; measured, rounded up.
MEMORY = {"control plane": 900 * MIB, "worker": 400 * MIB, "etcd": 200 * MIB, "balancer": 100 * MIB}
DISK_PER_MACHINE = 600 * MIB

# Where features of the kernel are tried; no lab's namespace can be named so.
PROBE = "hf.probe."


def packages() -> dict[str, str]:
    """What the lab needs on the host, a program's name or a file's path, and its Debian package."""
    lines = (line.split("#")[0].split() for line in PACKAGES.read_text().splitlines())
    return {words[0]: words[1] for words in lines if words}


def must_be_root() -> None:
    """Make sure that we may do what a lab takes.

    Raises:
        LabError: we are not root.
    """
    if os.geteuid() != 0:
        raise LabError(
            "The lab makes network namespaces, mounts and control groups, which takes root.",
            "Run it with sudo.",
        )


def check(spec: Spec, folder: Path) -> None:
    """Make sure that this host can carry this lab.

    Args:
        folder: where the lab's disks will be.

    Raises:
        LabError: the first thing that is in the way, and what to do about it.
    """
    must_be_root()
    missing = sorted({package for what, package in packages().items() if not _there(what)})
    if missing:
        raise LabError(
            f"What the lab needs on this host is missing, of the packages {', '.join(missing)}.",
            f"On Debian or Ubuntu: apt-get install --no-install-recommends {' '.join(missing)}",
        )
    if not hierarchies().all:
        raise LabError("No control groups are mounted below /sys/fs/cgroup.", "Mount them.")
    if set(str(folder)) & set(":,\\"):
        raise LabError(
            f"The lab cannot be mounted below {folder}: its path has a colon, comma or backslash.",
            "Run from another folder.",
        )
    if not folder.exists():
        _check_memory(spec)
        _check_disk(spec, folder)
    _check_range()
    _check_kernel()


def _there(what: str) -> bool:
    if what.startswith("/"):
        return Path(what).exists()
    return shutil.which(what, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def _check_memory(spec: Spec) -> None:
    etcd = spec.control_planes if spec.etcd == "external" else 0
    need = (
        spec.control_planes * MEMORY["control plane"]
        + spec.workers * MEMORY["worker"]
        + etcd * MEMORY["etcd"]
        + spec.load_balancers * MEMORY["balancer"]
    )
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    have = int(fields["MemAvailable"].split()[0]) * 1024
    if have < need:
        raise LabError(
            f"This lab needs {need / GIB:.1f} GiB of memory; {have / GIB:.1f} GiB are available.",
            "Ask for fewer machines (--control-planes, --workers) or free memory.",
        )


def _check_disk(spec: Spec, folder: Path) -> None:
    there = next(p for p in (folder, *folder.parents) if p.exists())
    machines = spec.control_planes * 2 + spec.workers + spec.load_balancers
    need = machines * DISK_PER_MACHINE
    have = shutil.disk_usage(there).free
    if have < need:
        raise LabError(
            f"This lab needs {need / GIB:.1f} GiB below {there}; {have / GIB:.1f} GiB are free.",
            "Free some, or run from a folder on another disk.",
        )
    kind = run(["stat", "--file-system", "--format=%T", str(there)]).strip()
    if kind == "overlayfs":
        raise LabError(
            f"{there} lies on overlayfs, and no overlay can be mounted on that.",
            "Run from a folder on a plain filesystem, such as a volume.",
        )


def _check_range() -> None:
    for what, net in _taken():
        # A default route in two halves, as VPNs set it, is none of ours either.
        if net.prefixlen > 1 and net.overlaps(ipaddress.ip_network(RANGE)):
            raise LabError(
                f"The lab's addresses, {RANGE}, are in use on this host: {what}.",
                "They are reserved for benchmarks (RFC 2544); free them for the lab.",
            )


def _taken() -> Iterator[tuple[str, ipaddress.IPv4Network]]:
    """Routes and addresses of this host that are not a lab's, but for the default route."""
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"])):
        ours = str(route.get("dev", "")).startswith(PREFIX) or route.get("type") == "blackhole"
        if not ours and route["dst"] != "default":
            yield f"route {route['dst']}", ipaddress.IPv4Network(route["dst"], strict=False)


def _check_kernel() -> None:
    """Make one of each thing in a namespace for the purpose, and take it away again."""
    for module in ("overlay", "veth", "bridge", "nf_tables"):
        # Where it is built in, or there is no modprobe, this fails and does not matter.
        run(["modprobe", "--quiet", module], check=False) if shutil.which("modprobe") else None
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        raise LabError("This kernel has no overlayfs.", "Load the module `overlay`.")
    for left in Path("/run/netns").glob(f"{PROBE}*"):
        if not Path("/proc", left.name.removeprefix(PROBE)).exists():
            run(["ip", "netns", "delete", left.name])
    probe = f"{PROBE}{os.getpid()}"
    add = ["ip", "-netns", probe, "link", "add", "name"]
    features = {
        "virtual Ethernet pairs (veth)": [*add, "veth0", "type", "veth", "peer", "name", "veth1"],
        "bridges (bridge)": [*add, "bridge0", "type", "bridge"],
        "nftables (nf_tables)": ["ip", "netns", "exec", probe, "nft", "add table inet probe"],
    }
    run(["ip", "netns", "add", probe])
    try:
        for feature, argv in features.items():
            try:
                run(argv)
            except CommandFailed:
                raise LabError(
                    f"This kernel has no {feature}.", "Load the module named in brackets."
                ) from None
    finally:
        run(["ip", "netns", "delete", probe])


def raise_limits() -> None:
    """Raise the kernel's limits on inotify where they are too low, and note what they were."""
    note = RUN / "sysctl"
    before = (
        dict(line.split("=") for line in note.read_text().splitlines()) if note.exists() else {}
    )
    for key, wanted in INOTIFY.items():
        file = Path("/proc/sys", key.replace(".", "/"))
        now = int(file.read_text())
        if now < wanted:
            before.setdefault(key, str(now))
            note.write_text("".join(f"{k}={v}\n" for k, v in before.items()))
            file.write_text(str(wanted))


def restore_limits() -> None:
    """Set back what `raise_limits` raised."""
    note = RUN / "sysctl"
    if note.exists():
        for line in note.read_text().splitlines():
            key, value = line.split("=")
            Path("/proc/sys", key.replace(".", "/")).write_text(value)
        note.unlink()
