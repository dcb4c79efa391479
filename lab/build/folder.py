"""Programs that the user built or fetched in another way."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.build import check, modules
from lab.build.store import Product
from lab.cache import key
from lab.errors import UsageError
from lab.progress import Progress
from lab.versions import Release

RECIPE = "1"


@dataclass(frozen=True, slots=True)
class Copied:
    """All programs of a release, copied from a folder: the user's may change under us."""

    release: Release
    source: Path
    names: tuple[str, ...]
    product: Product

    def build(self, progress: Progress) -> Path:
        """Copy the programs unless they are there already.

        Raises:
            UsageError: kubeadm or kubelet are of another version.
        """
        made = self.product
        if not made.exists:
            check.versions(self.release, self.source)
            with progress.step(f"copy the programs of {self.source}"), made.making() as work:
                for name in self.names:
                    shutil.copyfile(self.source / name, work / name)
                    (work / name).chmod(0o755)
        return made.path


def copied(release: Release, source: Path) -> Copied:
    """The programs of a folder, which must have each of them by its name.

    A file that was changed makes another product of them.

    Raises:
        UsageError: it is no folder, or lacks some; all that are missing are named.
    """
    if not source.is_dir():
        raise UsageError(
            f"There is no folder {source}.",
            "The programs come from `compile`, `download`, or a folder that has them.",
        )
    names = tuple(name for module in modules.all_of(release) for name in module.programs)
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise UsageError(f"The folder {source} lacks {', '.join(missing)}.")
    told = [(name, (source / name).stat()) for name in names]
    parts = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in told]
    made_of = key(RECIPE, str(source.resolve()), *parts)
    return Copied(release, source, names, Product("binaries", release.kubernetes, made_of))
