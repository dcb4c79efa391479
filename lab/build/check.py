"""Whether programs are of the version that they should be."""

from __future__ import annotations

from pathlib import Path

from lab.errors import LabError, UsageError
from lab.shell import run
from lab.versions import Release


def versions(release: Release, programs: Path) -> None:
    """Check the versions that kubeadm and kubelet tell.

    Raises:
        UsageError: one is of another version, or does not run on this machine.
    """
    wanted = f"v{release.kubernetes}"
    for name, question in (("kubeadm", ("version", "--output=short")), ("kubelet", ("--version",))):
        try:
            told = run([str(programs / name), *question])
        except LabError as failed:
            raise UsageError(str(failed)) from None
        version = told.strip().removeprefix("Kubernetes ")
        if version != wanted:
            raise UsageError(f"{programs / name} is {version}, not {wanted}.")


def images(release: Release, kubeadm: Path) -> None:
    """Check that kubeadm wants the very images that the lab makes; agnhost is ours alone.

    Raises:
        LabError: it wants others.
    """
    version = f"--kubernetes-version=v{release.kubernetes}"
    wants = set(run([str(kubeadm), "config", "images", "list", version]).split())
    makes = {ref for name, ref in release.images.items() if name != "agnhost"}
    if wants != makes:
        raise LabError(
            f"kubeadm {release.kubernetes} wants other images than the lab makes:"
            f" {', '.join(sorted(wants ^ makes))}.",
            "Correct lab/versions.py.",
        )
