"""A filled /var/lib/containerd: every image imported and unpacked once, for all nodes."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab.build import archive, mounts
from lab.build.archive import Image
from lab.errors import LabError
from lab.shell import CommandFailed, run

RECIPE = "1"
# Only what stores images: neither networks, nor a runtime, nor a port.
CONFIG = """\
version = 3
root = "{root}"
state = "{state}"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri",
]
[grpc]
address = "{state}/sock"
"""
# kubelet must not collect what no registry could give back.
PINNED = "io.cri-containerd.pinned=pinned"


def fill(root: Path, programs: Mapping[str, Path], images: Sequence[Image], arch: str) -> None:
    """Import images into a containerd root folder, with the `containerd` and `ctr` given.

    Raises:
        LabError: containerd did not start, did not take an image, or left something mounted.
    """
    # Not below the cache: the path of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="holdfast-") as scratch:
        state = Path(scratch)
        ctr = [str(programs["ctr"]), "--address", f"{state}/sock", "--namespace", "k8s.io"]
        with _running(root, state, programs["containerd"], ctr):
            for image in images:
                _import(ctr, image, arch, state / "image.tar")
    # A name for this one containerd, which no node may share; each makes its own.
    (root / "io.containerd.grpc.v1.introspection" / "uuid").unlink(missing_ok=True)
    left = mounts.below(root)
    if left:
        raise LabError(f"containerd left something mounted: {', '.join(map(str, left))}.")


def _import(ctr: Sequence[str], image: Image, arch: str, tar: Path) -> None:
    layer = archive.write(image, arch, tar)
    options = ["--local", "--snapshotter", "overlayfs", "--discard-unpacked-layers"]
    run([*ctr, "images", "import", *options, str(tar)], timeout=300)
    tar.unlink()
    run([*ctr, "images", "label", image.reference, PINNED])
    names = run([*ctr, "images", "list", "--quiet"]).split()
    # The name of the first layer's snapshot is its digest.
    snapshots = run([*ctr, "snapshots", "--snapshotter", "overlayfs", "list"]).split()
    if image.reference not in names or layer not in snapshots:
        raise LabError(f"containerd did not unpack the image {image.reference}.")


@contextmanager
def _running(root: Path, state: Path, program: Path, ctr: Sequence[str]) -> Iterator[None]:
    """Run containerd on this machine while the block lasts.

    In a mount namespace of its own, and killed with this process whatever happens to it: so
    neither a mount nor a containerd can be left behind.
    """
    config = state / "config.toml"
    config.write_text(CONFIG.format(root=root, state=state))
    isolated = ["unshare", "--mount", "setpriv", "--pdeathsig", "KILL"]
    with (state / "log").open("w") as log:
        process = subprocess.Popen(
            [*isolated, str(program), "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _await(process, ctr, state)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _await(process: subprocess.Popen[bytes], ctr: Sequence[str], state: Path) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            run([*ctr, "--connect-timeout", "2s", "version"], timeout=10)
        except CommandFailed:
            time.sleep(0.1)
        else:
            return
    last = "\n".join((state / "log").read_text(errors="replace").splitlines()[-15:])
    raise LabError(f"containerd did not start on this machine:\n{last}")
