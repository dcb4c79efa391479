"""Machines: their disks, their boot, their power."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import nspawn
from lab.cgroups import Group
from lab.clone import clone
from lab.errors import LabError
from lab.files import Files
from lab.home import Home
from lab.mounts import mount_overlay, unmount_below
from lab.network import Network
from lab.plan import Machine, Plan
from lab.ssh import Ssh
from lab.wait import until


@dataclass(frozen=True, slots=True)
class Layers:
    """What all machines share: the tools above the base, and a filled containerd folder."""

    base: Path
    tools: Path
    containerd: Path


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines of one lab."""

    home: Home
    plan: Plan
    layers: Layers

    @property
    def network(self) -> Network:
        return Network(self.plan)

    @property
    def ssh(self) -> Ssh:
        return Ssh(self.home.ssh_config)

    def group(self, machine: Machine) -> Group:
        """The control groups of a machine."""
        return Group(self.plan.spec.name, machine.name)

    def is_on(self, machine: Machine) -> bool:
        """Whether anything of a machine runs."""
        return bool(self.group(machine).pids())

    def write_disk(self, machine: Machine, files: Files) -> None:
        """Give a machine a new disk with these files on it; if it is on, it is cut first."""
        self.cut(machine)
        disk = self.home.disk(machine)
        unmount_below(disk)
        shutil.rmtree(disk, ignore_errors=True)
        part = disk.with_name(disk.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        for name in ("upper", "work", "root", *nspawn.PLAIN):
            (part / name).mkdir(parents=True)
        (part / "etcd").chmod(0o700)
        if machine.runs_kubelet:
            (part / "containerd").rmdir()
            clone(self.layers.containerd, part / "containerd")
        for path, file in files.items():
            target = part / "upper" / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.link:
                target.symlink_to(file.link)
            elif file.folder:
                target.mkdir(exist_ok=True)
            else:
                target.touch(mode=0o600)
                target.write_text(file.content)
                target.chmod(file.mode)
        (part / "upper/root").chmod(0o700)
        os.replace(part, disk)

    def boot(self, machine: Machine) -> None:
        """Power a machine on; returns as soon as it has begun to boot."""
        if self.is_on(machine):
            return
        disk, group = self.home.disk(machine), self.group(machine)
        mount_overlay(disk, lower=(self.layers.tools, self.layers.base))
        self.network.plug(machine)
        group.remove()
        group.make()
        group.limit(machine.limits)
        argv = group.entering(nspawn.command(machine, disk, self.network.namespace(machine)))
        console = self.home.console(machine)
        console.parent.mkdir(exist_ok=True)
        with console.open("ab") as out:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=nspawn.ENVIRONMENT,
            )
        begun = f"{machine.name} begins to boot"
        until(
            lambda: self.is_on(machine) or process.poll() is not None, begun, timeout=10, every=0.02
        )

    def wait_listening(self, machine: Machine) -> None:
        """Wait until a machine has come as far in its boot as to listen for SSH."""

        def listens() -> bool:
            with socket.socket() as knock:
                knock.settimeout(0.5)
                return knock.connect_ex((machine.address, 22)) == 0

        until(listens, f"{machine.name} listens for SSH", timeout=60, every=0.1)

    def wait_booted(self, machine: Machine, *, timeout: float = 90.0) -> None:
        """Wait until a machine answers over SSH and systemd has finished booting.

        Raises:
            LabError: not in time, or its console shows that it died; with the console's last lines.
        """

        def answers() -> bool:
            if not self.is_on(machine):
                raise _Dead(f"{machine.name} died while it booted.")
            state = self.ssh.run(
                machine.name, "systemctl is-system-running --wait || true", timeout=60
            )
            return state.strip() in ("running", "degraded")

        try:
            until(answers, f"{machine.name} booted", timeout=timeout)
        except (LabError, _Dead) as wrong:
            raise LabError(f"{wrong}\n{self.last_lines(machine)}") from None

    def last_lines(self, machine: Machine, count: int = 15) -> str:
        """The last lines of a machine's console."""
        console = self.home.console(machine)
        text = console.read_text(errors="replace") if console.exists() else ""
        lines = [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
        return f"The last lines of the console of {machine.name}:\n" + "\n".join(
            f"  {x}" for x in lines
        )

    def cut(self, machine: Machine) -> None:
        """Power cut: the cable goes silent, then everything dies at once."""
        self.network.unplug(machine)
        group = self.group(machine)
        group.kill()
        # Groups of Pods that are left would keep the next boot's kubelet from starting its own.
        group.remove()

    def off(self, machine: Machine, *, timeout: float = 60.0) -> bool:
        """Shut a machine down cleanly; False when it had to be cut after `timeout` seconds."""
        clean = True
        leader = self._leader(machine)
        if leader is not None:
            os.kill(leader, signal.SIGRTMIN + 4)
            try:
                until(lambda: not self.is_on(machine), f"{machine.name} off", timeout=timeout)
            except LabError:
                clean = False
        self.cut(machine)
        return clean

    def _leader(self, machine: Machine) -> int | None:
        """The host's number of the machine's own PID 1."""
        for pid in self.group(machine).pids():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            numbers = next(x for x in status.splitlines() if x.startswith("NSpid:")).split()[1:]
            # One namespace below ours; a Pod's first process is two below.
            if len(numbers) == 2 and numbers[1] == "1":
                return pid
        return None

    def destroy(self, machine: Machine) -> None:
        """Cut a machine's power and delete its disk."""
        self.cut(machine)
        unmount_below(self.home.disk(machine))
        shutil.rmtree(self.home.disk(machine), ignore_errors=True)


class _Dead(Exception):
    """A machine that will not come up, however long one waits."""


def processors() -> int:
    """How many processors this host has for us."""
    return len(os.sched_getaffinity(0))
