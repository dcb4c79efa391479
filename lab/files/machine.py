"""What every machine has, whatever it is there for."""

from __future__ import annotations

from lab.files.parts import File, Files, fixed, unit
from lab.plan import Machine, Plan
from lab.secrets import Secrets
from lab.templates import FOLDER, render

# Nobody sits at these machines, and nothing changes their libraries: at a boot of eight on two
# processors these would take seconds from what is waited for.
NEEDLESS = ("systemd-logind.service", "ldconfig.service")


def common(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """Names, keys, resolvers, and what makes it a machine at each boot."""
    host = secrets.host_keys[machine.name]
    return {
        "/etc/hostname": File(machine.name + "\n"),
        "/etc/hosts": File(render("machine/hosts.j2", plan=plan, machine=machine)),
        "/etc/resolv.conf": File(render("machine/resolv.conf.j2", plan=plan)),
        "/root/.ssh/authorized_keys": File(secrets.ssh.public, 0o600),
        **{f"/etc/systemd/system/{unit}": File(link="/dev/null") for unit in NEEDLESS},
        "/etc/ssh/ssh_host_ed25519_key": File(host.private, 0o600),
        "/etc/ssh/ssh_host_ed25519_key.pub": File(host.public),
        "/etc/systemd/system.conf.d/machine.conf": fixed("machine/system.conf"),
        "/etc/sysctl.d/99-kubernetes.conf": fixed("machine/sysctl.conf"),
        "/usr/local/lib/machine/pods.nft": File(render("machine/pods.nft.j2", plan=plan)),
        "/usr/local/lib/machine/prepare.sh": fixed("machine/prepare.sh", 0o755),
        **unit(
            "machine-prepare.service",
            (FOLDER / "machine/prepare.service").read_text(),
            wanted_by="sysinit.target",
        ),
    }


def capacity(machine: Machine, cpus: int) -> Files:
    """The machine's own limits in the places where kubelet looks for a machine's capacity.

    It reads /proc/meminfo and /sys/devices/system/node (cadvisor's machine and sysinfo packages).
    Free memory is not kept current there: kubelet takes what is used from the control group.
    """
    kib = machine.limits.memory // 1024
    fields = {"MemTotal": kib, "MemFree": kib, "MemAvailable": kib, "Buffers": 0, "Cached": 0}
    fields |= {"SwapTotal": 0, "SwapFree": 0}
    meminfo = "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in fields.items())
    numa = "/usr/local/lib/machine/numa"
    files = {
        "/usr/local/lib/machine/meminfo": File(meminfo),
        f"{numa}/online": File("0\n"),
        f"{numa}/node0/meminfo": File(f"Node 0 MemTotal: {kib:>15} kB\n"),
        f"{numa}/node0/distance": File("10\n"),
        f"{numa}/node0/hugepages": File(folder=True),
    }
    for cpu in range(min(machine.limits.cpus, cpus)):
        files[f"{numa}/node0/cpu{cpu}"] = File(link=f"/sys/devices/system/cpu/cpu{cpu}")
    return files
