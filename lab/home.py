"""Where a lab keeps its things, who holds it, and what it has of the host."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError, UsageError
from lab.locks import exclusive
from lab.plan import Machine
from lab.spec import SUBNETS, Spec, check_name

# Gone with a reboot, as what is noted there is.
RUN = Path("/run/holdfast")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one lab: `.lab/NAME` below where the command is run."""

    folder: Path

    @classmethod
    def of(cls, name: str, top: Path | None = None) -> Home:
        """The home of the lab of this name: where it was noted to be, else below here.

        Raises:
            UsageError: no lab can have this name.
        """
        check_name(name)
        noted = registered().get(name)
        return cls(noted.folder if noted else (top or Path.cwd()) / ".lab" / name)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def spec_file(self) -> Path:
        return self.folder / "spec.json"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets.json"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def inventory(self) -> Path:
        return self.folder / "cluster.yaml"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def saved(self) -> Path:
        return self.folder / "saved"

    def disk(self, machine: Machine) -> Path:
        """Everything that a machine's disks hold."""
        return self.folder / "machines" / machine.name

    def has_etcd_data(self, machine: Machine) -> bool:
        """Whether a machine's disk holds the data of an etcd member."""
        return (self.disk(machine) / "etcd" / "member").exists()

    def console(self, machine: Machine) -> Path:
        """Where what a machine prints on its console goes."""
        return self.folder / "console" / f"{machine.name}.log"

    def spec(self) -> Spec:
        """What this lab was asked to be.

        Raises:
            LabError: there is no such lab.
        """
        if not self.spec_file.exists():
            raise LabError(
                f"There is no lab `{self.name}` here.",
                f"`holdfast lab up --name {self.name}` makes one.",
            )
        return Spec.from_json(self.spec_file.read_text(errors="replace"))

    def remove(self) -> None:
        """Delete the folder; `.lab` too when it was the last."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            raise LabError(f"{self.folder} could not be deleted.")
        try:
            self.folder.parent.rmdir()
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of a lab that uses the host: its folder and its subnet."""

    folder: Path
    subnet: int


def registered() -> dict[str, Noted]:
    """The labs that use this host since its last boot."""
    found = {}
    for file in sorted(RUN.glob("*.json")):
        kept = json.loads(file.read_text())
        found[file.stem] = Noted(Path(kept["folder"]), kept["subnet"])
    return found


def settle(home: Home, spec: Spec) -> Spec:
    """Give a lab its subnet and note it, so that no other lab takes it.

    Raises:
        UsageError: the subnet that was asked for is another lab's.
        LabError: none is free.
    """
    with exclusive(RUN / "subnets.lock", "the table of subnets"):
        others = {n.subnet: name for name, n in registered().items() if name != spec.name}
        if spec.subnet is None:
            free = [n for n in range(SUBNETS) if n not in others]
            if not free:
                raise LabError("All subnets of 198.18.0.0/15 are in use by labs.")
            spec = spec.on_subnet(free[0])
        elif spec.subnet in others:
            owner = others[spec.subnet]
            raise UsageError(f"Subnet {spec.subnet} is in use by the lab `{owner}`.")
        note = {"folder": str(home.folder), "subnet": spec.subnet}
        _write(RUN / f"{spec.name}.json", json.dumps(note))
    home.folder.mkdir(parents=True, exist_ok=True)
    _write(home.spec_file, spec.to_json())
    return spec


def forget(name: str) -> bool:
    """Take a lab off the list; True when no lab is left on this host."""
    with exclusive(RUN / "subnets.lock", "the table of subnets"):
        (RUN / f"{name}.json").unlink(missing_ok=True)
        return not registered()


@contextmanager
def held(name: str, doing: str) -> Iterator[None]:
    """Be the only one that changes this lab.

    Raises:
        LabError: somebody else is at it; says who, doing what, since when.
    """
    with exclusive(RUN / f"{name}.lock", f"the lab `{name}`", doing=f"holdfast lab {doing}"):
        yield


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text)
    os.replace(part, file)
