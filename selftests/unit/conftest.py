"""Nothing here may touch this host or a lab on it, whatever is wrong with the code under test."""

from __future__ import annotations

import subprocess
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab import cgroups, down, home, host, machines, shell, ssh
from lab.cgroups import Hierarchies

# A defect that lets a wrong request through to `up` would else boot a lab, over one that is there.
CHANGE_THE_HOST = {
    *("ip", "nft", "mount", "umount", "modprobe", "sysctl", "unshare", "chroot"),
    *("systemd-nspawn", "debootstrap", "ssh", "kubectl"),
}


@pytest.fixture(autouse=True)
def _this_host_is_left_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    def refuse(argv: Sequence[str]) -> None:
        if Path(argv[0]).name in CHANGE_THE_HOST:
            pytest.fail(f"a unit test would have run {' '.join(argv)}")

    def run(argv: Sequence[str], **how: Any) -> subprocess.CompletedProcess[Any]:
        refuse(argv)
        return subprocess.run(argv, **how)

    def popen(argv: Sequence[str], **_: Any) -> None:
        pytest.fail(f"a unit test would have started {' '.join(argv)}")

    guarded = types.SimpleNamespace(**vars(subprocess) | {"run": run, "Popen": popen})
    # Of its own, for a test may undo what it changed itself.
    with pytest.MonkeyPatch.context() as patch:
        for module in (shell, ssh, machines):
            patch.setattr(module, "subprocess", guarded)
        for noting in (home, host, down):
            patch.setattr(noting, "RUN", tmp_path_factory.getbasetemp() / "run-of-nobody")
        patch.setattr(cgroups, "hierarchies", lambda: Hierarchies({}, None))
        yield
