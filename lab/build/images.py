"""What is in each image of a release: as little as upstream puts there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lab.build.archive import Image
from lab.errors import LabError
from lab.shell import run
from lab.versions import Release

RECIPE = "1"
BIN = "/usr/local/bin"
USERS = """\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
"""
GROUPS = "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n"
# The e2e tests ask for this user, and for a group that only the image knows it to be in.
AGNHOST_USERS = "user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh\n"
AGNHOST_GROUPS = (
    "user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n"
)
TEXTS = {
    "/etc/passwd": USERS,
    "/etc/group": GROUPS,
    "/etc/nsswitch.conf": "hosts: files dns\n",
}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FOLDERS = {"/tmp": 0o1777, "/root": 0o700, "/run": 0o755, "/var/run": 0o755}  # noqa: S108


def all_of(release: Release, programs: Mapping[str, Path], base: Path) -> list[Image]:
    """Every image of `release.images`, of these programs and, for libraries, this Debian root.

    Raises:
        LabError: the root lacks a program or a library.
    """
    names = release.images
    components = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    plain = [
        _image(names[name], (f"{BIN}/{name}",), {f"{BIN}/{name}": programs[name]}, base)
        for name in components
    ]
    etcd = {f"{BIN}/{name}": programs[name] for name in ("etcd", "etcdctl", "etcdutl")}
    return [
        *plain,
        _image(names["etcd"], (f"{BIN}/etcd",), etcd, base),
        _image(names["coredns"], ("/coredns",), {"/coredns": programs["coredns"]}, base),
        _kube_proxy(names["kube-proxy"], programs["kube-proxy"], base),
        # catatonit -P does what upstream's pause does: it reaps, waits, and ends on TERM, where
        # the kernel would keep that signal from any process 1 that does not ask for it.
        Image(names["pause"], ("/pause", "-P"), files={"/pause": base / "usr/bin/catatonit"}),
        _agnhost(names["agnhost"], programs["agnhost"], base),
    ]


def _image(
    reference: str, entrypoint: tuple[str, ...], files: Mapping[str, Path], base: Path
) -> Image:
    with_certificates = {**files, CERTIFICATES: base / CERTIFICATES.lstrip("/")}
    return Image(reference, entrypoint, files=with_certificates, texts=TEXTS, folders=FOLDERS)


def _kube_proxy(reference: str, program: Path, base: Path) -> Image:
    path = f"{BIN}/kube-proxy"
    tools = with_libraries(base, "/usr/sbin/nft", "/usr/sbin/conntrack")
    return _image(reference, (path,), {path: program, **tools}, base)


def _agnhost(reference: str, program: Path, base: Path) -> Image:
    """Like upstream's it has a shell and its tools, for tests run commands in it."""
    busybox = base / "usr/bin/busybox"
    applets = run([str(busybox), "--list"]).split()
    tools = with_libraries(base, "/usr/bin/curl")
    return Image(
        reference,
        ("/agnhost",),
        ("pause",),
        files={
            "/agnhost": program,
            "/bin/busybox": busybox,
            CERTIFICATES: base / CERTIFICATES.lstrip("/"),
            **tools,
        },
        texts={
            **TEXTS,
            "/etc/passwd": USERS + AGNHOST_USERS,
            "/etc/group": GROUPS + AGNHOST_GROUPS,
        },
        links={
            **{f"/bin/{applet}": "busybox" for applet in applets if applet != "busybox"},
            # The tests of entrypoints call it by this name too.
            "/agnhost-2": "agnhost",
        },
        folders={**FOLDERS, "/uploads": 0o755},
    )


def with_libraries(base: Path, *programs: str) -> dict[str, Path]:
    """Programs of a root and the libraries that they load, by the path that they have in it.

    Raises:
        LabError: a program or library is not in the root.
    """
    found = {}
    for program in programs:
        # With this variable set the dynamic loader lists, instead of starting the program.
        command = ["chroot", str(base), "/usr/bin/env", "LD_TRACE_LOADED_OBJECTS=1", program]
        told = run(command)
        if "not found" in told:
            raise LabError(f"A library of {program} is missing in {base}:\n{told}")
        for path in (program, *re.findall(r"(/\S+) \(0x", told)):
            found[path] = base / path.lstrip("/")
    return found
