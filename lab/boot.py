"""Booting all machines of a lab at once, its etcd one member after another."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterable, Sequence
from functools import partial

from lab.cluster import each
from lab.errors import LabError
from lab.machines import Fleet
from lab.plan import Machine
from lab.progress import Progress
from lab.wait import until

PEERS = 2380
# A member that does not serve its peers by then has another trouble than its peers.
PATIENCE = 15.0


def boot_all(fleet: Fleet, progress: Progress) -> None:
    """Boot every machine that is off, and wait until all have booted.

    Raises:
        LabError: one does not boot; with what its console said last.
    """
    machines = fleet.plan.machines
    with progress.step(f"boot {len(machines)} machines"):
        _thaw(fleet, machines)  # a run that was killed may have left some frozen
        members = [
            member
            for member in fleet.plan.etcd
            if fleet.home.has_etcd_data(member) and not fleet.is_on(member)
        ]
        # One after another until each has begun: namespaces made in parallel race.
        for machine in (*members, *machines):
            fleet.boot(machine)
        if len(members) > 1:
            _start_one_by_one(fleet, members)
        each(machines, fleet.wait_booted)


def _start_one_by_one(fleet: Fleet, members: Sequence[Machine]) -> None:
    """Let each member of etcd serve before the next one starts.

    kubeadm has each ask the others at its start whether their data agree (InitialCorruptCheck), and
    one that listens but does not serve yet, for it is asking too, is waited for for 7 s. One whose
    machine is there and whose port is closed is not waited for. So all machines are let boot as
    far as to have a network, which is before their etcd starts, and stand still until it is their
    turn. docs/lab.md says what that saves.
    """
    each(members, fleet.wait_listening)
    _, *others = members
    try:
        for member in others:
            fleet.group(member).freeze(True)
        for member in members:
            fleet.group(member).freeze(False)
            with contextlib.suppress(LabError):
                until(
                    partial(_serves, member),
                    f"etcd of {member.name} serves its peers",
                    timeout=PATIENCE,
                    every=0.1,
                )
    finally:
        _thaw(fleet, others)


def _thaw(fleet: Fleet, machines: Iterable[Machine]) -> None:
    for machine in machines:
        fleet.group(machine).freeze(False)


def _serves(member: Machine) -> bool:
    """Whether a member's peer port answers: it listens earlier, and then says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # who it is matters not here
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # done before it asks for our certificate
    try:
        with (
            socket.create_connection((member.address, PEERS), timeout=0.5) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False
