"""How a machine is started: systemd-nspawn, with the machine's own namespaces and disks."""

from __future__ import annotations

from pathlib import Path

from lab.plan import Machine

# Folders that overlayfs, or a database, needs on a plain filesystem: overlay on overlay fails.
PLAIN = ("containerd", "kubelet", "etcd")

# The clock and the kernel are the host's: a machine may neither set the one nor reboot the other.
DENIED = "CAP_SYS_TIME,CAP_SYS_BOOT"

# nspawn's own settings: no filter of system calls (runc brings its own), and of /proc/sys only
# the network's part, which belongs to the machine's namespace, may be written.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SYSTEMD_SECCOMP": "0",
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
}


def command(machine: Machine, disk: Path, namespace: str) -> list[str]:
    """The command line that boots a machine.

    Args:
        disk: its folder, with the root mounted at `root`.
        namespace: the name of its network namespace.
    """
    binds = [f"--bind={disk / name}:/var/lib/{name}" for name in PLAIN]
    return [
        "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
        f"--network-namespace-path=/run/netns/{namespace}",
        "--private-users=no", "--capability=all", f"--drop-capability={DENIED}",
        f"--directory={disk / 'root'}", f"--machine={machine.name}",
        "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=read-only",
        "--bind=/dev/kmsg", *binds,
    ]  # fmt: skip
