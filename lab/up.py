"""`up`: from nothing, or from wherever the last one was interrupted, to a cluster that is well."""

from __future__ import annotations

from pathlib import Path

from lab import build, host, inventory
from lab.boot import boot_all
from lab.cgroups import Group
from lab.cluster import Cluster
from lab.down import take_down
from lab.errors import LabError, UsageError
from lab.files import machine_files
from lab.home import Home, held, registered, settle
from lab.machines import Fleet, Layers, processors
from lab.monitoring import Monitoring
from lab.plan import Plan, plan
from lab.progress import Progress
from lab.secrets import Secrets, load_or_create
from lab.spec import Spec
from lab.templates import render


def up(
    spec: Spec,
    *,
    top: Path | None = None,
    binaries: str = "compile",
    keep: bool = False,
    progress: Progress | None = None,
) -> Home:
    """Bring a lab up and return its home.

    Args:
        top: the folder whose `.lab` it lives in; by default where we are.
        binaries: `compile`, `download`, or a folder that holds them.
        keep: leave everything where it is when it fails, to look at.

    Raises:
        UsageError: it is there already in another shape.
        LabError: this host cannot carry it, or something went wrong; nothing is left then,
            unless it had been up before.
    """
    progress = progress or Progress()
    home = Home.of(spec.name, top)
    host.must_be_root()
    with held(spec.name, "up"):
        _not_anothers(home)
        spec = _same(home, spec)
        host.check(spec, home.folder)
        made = build.ensure(spec.release, binaries=binaries, progress=progress)
        layers = Layers(base=made.base, tools=made.tools, containerd=made.containerd)
        was_up = home.inventory.exists()
        try:
            _bring_up(home, spec, layers, progress)
        except BaseException:
            if not keep and not was_up:
                take_down(spec.name, home, progress)
            raise
    progress.say(f"{progress.total():6.1f} s in all: {home.inventory}")
    return home


def _not_anothers(home: Home) -> None:
    if home.name not in registered() and Group(home.name).pids():
        raise LabError(
            f"Machines of a lab `{home.name}` run that nobody noted; it may be somebody else's.",
            f"`holdfast lab down --name {home.name}` takes them down; or choose another --name.",
        )


def _same(home: Home, spec: Spec) -> Spec:
    """The lab that is there, if it is what is asked for."""
    if not home.spec_file.exists():
        return spec
    there = home.spec()
    asked = (
        spec if spec.subnet is not None or there.subnet is None else spec.on_subnet(there.subnet)
    )
    if asked != there:
        raise UsageError(
            f"The lab `{spec.name}` is there in another shape.",
            f"`holdfast lab down --name {spec.name}` takes it down; or choose another --name.",
        )
    return there


def _bring_up(home: Home, spec: Spec, layers: Layers, progress: Progress) -> None:
    settled = plan(settle(home, spec))
    fleet = Fleet(home, settled, layers)
    (home.folder / "layers").write_text(
        "\n".join(map(str, (layers.base, layers.tools, layers.containerd)))
    )
    cluster = Cluster(fleet, progress)
    with progress.step("network, and the machines' disks"):
        host.raise_limits()
        fleet.network.create()
        prepare_disks(fleet)
    boot_all(fleet, progress)
    cluster.form()
    if not home.inventory.exists():
        cluster.back_up()
    Monitoring(fleet, progress).wait()
    uid = cluster.kubectl("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")
    inventory.write(home, settled, uid=uid)


def prepare_disks(fleet: Fleet) -> None:
    """Write the lab's keys, and a disk for each machine that has none yet."""
    home, machines = fleet.home, fleet.plan.machines
    secrets = load_or_create(home.secrets, [m.name for m in machines])
    _write_access(home, fleet.plan, secrets)
    for machine in machines:
        if not home.disk(machine).exists():
            fleet.write_disk(machine, machine_files(fleet.plan, machine, secrets, processors()))


def _write_access(home: Home, settled: Plan, secrets: Secrets) -> None:
    key = home.folder / "ssh_key"
    key.touch(mode=0o600)
    key.write_text(secrets.ssh.private)
    known = [f"{m.address} {secrets.host_keys[m.name].public}" for m in settled.machines]
    (home.folder / "known_hosts").write_text("".join(known))
    home.ssh_config.write_text(render("ssh_config.j2", plan=settled, folder=home.folder))


def fleet_of(name: str, top: Path | None = None) -> Fleet:
    """The machines of a lab that is there.

    Raises:
        LabError: there is none, or it never came so far as to have machines.
    """
    home = Home.of(name, top)
    spec = home.spec()
    layers = home.folder / "layers"
    if spec.subnet is None or not layers.exists():
        raise LabError(
            f"The lab `{name}` is not whole.", f"`holdfast lab up --name {name}` goes on with it."
        )
    base, tools, containerd = (Path(line) for line in layers.read_text().splitlines())
    return Fleet(home, plan(spec), Layers(base=base, tools=tools, containerd=containerd))
