"""The Debian root that every node has at its bottom."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.build import basefiles, mirror
from lab.build.store import Product
from lab.cache import key
from lab.errors import LabError
from lab.progress import Progress
from lab.shell import CommandFailed, run

SUITE = "trixie"
RECIPE = "1"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server", "procps", "kmod", "util-linux"),
    *("iproute2", "nftables", "iptables", "conntrack", "ethtool", "iputils-ping", "tcpdump"),
    *("runc", "containernetworking-plugins", "haproxy", "keepalived", "dnsmasq"),
    # One balancer measures the lab.
    *("prometheus", "prometheus-alertmanager"),
    *("curl", "ca-certificates", "openssl", "socat", "netcat-openbsd", "jq", "less", "psmisc"),
    # For the images: a shell without libraries, and the process that a pod's sandbox holds open.
    *("busybox-static", "catatonit"),
)
# Nobody reads manuals on a node, and apt's indices are stale by the time it boots.
NEEDLESS = (
    *("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/lintian", "usr/share/locale"),
    *("var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/cache/ldconfig"),
)
# In a mount and process namespace of its own: what it mounts and starts ends with it, and it
# ends with us.
ISOLATED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
)


def product(arch: str) -> Product:
    """The root as a product of the cache."""
    parts = (RECIPE, arch, *PACKAGES, *NEEDLESS, *basefiles.all_text())
    return Product("base", SUITE, key(*parts))


def build(arch: str, progress: Progress) -> Path:
    """Make the root unless it is there.

    Raises:
        LabError: no debootstrap, no mirror, no key of this Debian release, or debootstrap failed.
    """
    made = product(arch)
    if not made.exists:
        source = mirror.find()
        with (
            made.making() as work,
            progress.step(f"debootstrap {SUITE} from {source}", announce=True),
        ):
            _debootstrap(work, source)
            configure(work)
    return made.path


def _debootstrap(root: Path, source: str) -> None:
    if shutil.which("debootstrap") is None:
        raise LabError("debootstrap is not installed.", "Install the package debootstrap.")
    unknown = LabError(
        f"This machine does not know the key that signs Debian {SUITE}.",
        "Install or upgrade the package debian-archive-keyring.",
    )
    if not KEYRING.is_file():
        raise unknown
    # Without --force-check-gpg a missing keyring or gpgv is a warning only.
    options = ["--variant=minbase", "--force-check-gpg", f"--keyring={KEYRING}"]
    command = ["debootstrap", *options, f"--include={','.join(PACKAGES)}", SUITE, str(root), source]
    try:
        run([*ISOLATED, *command], timeout=1800)
    except CommandFailed as failed:
        if "unknown key" in failed.output:
            raise unknown from failed
        log = root / "debootstrap" / "debootstrap.log"
        last = log.read_text(errors="replace").splitlines()[-15:] if log.is_file() else []
        raise LabError(
            "\n".join([failed.problem, *last]),
            f"Let this machine reach {source}, or name another mirror in {mirror.VARIABLE}.",
        ) from failed


def configure(root: Path) -> None:
    """Turn a fresh Debian root into that of a node: small, quiet, and nobody's in particular."""
    for folder in NEEDLESS:
        shutil.rmtree(root / folder, ignore_errors=True)
    for folder in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
        (root / folder).mkdir(parents=True)
    for path in (root / "var/log").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    for path in (root / "etc/ssh").glob("ssh_host_*"):
        path.unlink()
    for name, text in basefiles.FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
    # Before the links: a masked unit would keep its place among those that start.
    run([*ISOLATED, "chroot", str(root), "systemctl", "preset-all"], timeout=120)
    for name, target in basefiles.LINKS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    for name in basefiles.FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
