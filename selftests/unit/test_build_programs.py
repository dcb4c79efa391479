"""Programs that are downloaded, or come from a folder."""

from __future__ import annotations

import functools
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab import build
from lab.build import download, folder, modules
from lab.build.download import Sites
from lab.errors import LabError, UsageError
from lab.progress import Progress
from lab.versions import release

RELEASE = release("1.36.2")
QUIET = Progress(say=lambda line: None)


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache" / "holdfast"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """What the projects publish, with checksums in each of their formats."""
    top = tmp_path / "www"

    def put(path: str, contents: bytes, sums: str, text: str) -> None:
        target = top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)
        line = text.format(sum=hashlib.sha256(contents).hexdigest(), name=target.name)
        (target.parent / sums.format(name=target.name)).write_text(line)

    for name in modules.kubernetes(RELEASE).programs:
        path = f"release/v1.36.2/bin/linux/amd64/{name}"
        put(path, name.encode(), "{name}.sha256", "{sum}")
    put(
        "etcd-io/etcd/releases/download/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz",
        packed(*(f"etcd-v3.6.8-linux-amd64/{n}" for n in ("etcd", "etcdctl", "etcdutl"))),
        "SHA256SUMS",
        "0" * 64 + "  etcd-v3.6.8-linux-arm64.tar.gz\n{sum}  {name}\n",
    )
    put(
        "containerd/containerd/releases/download/v2.3.7/containerd-2.3.7-linux-amd64.tar.gz",
        packed("bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr"),
        "{name}.sha256sum",
        "{sum}  {name}\n",
    )
    put(
        "coredns/coredns/releases/download/v1.14.2/coredns_1.14.2_linux_amd64.tgz",
        packed("./coredns"),
        "{name}.sha256",
        "{sum}  release/{name}\n",
    )
    put(
        "kubernetes-sigs/cri-tools/releases/download/v1.36.0/crictl-v1.36.0-linux-amd64.tar.gz",
        packed("crictl"),
        "{name}.sha256",
        "{sum}\n",
    )
    return top


def packed(*members: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member in members:
            contents = member.rpartition("/")[2].encode()
            entry = tarfile.TarInfo(member)
            entry.size = len(contents)
            tar.addfile(entry, io.BytesIO(contents))
    return out.getvalue()


@pytest.fixture
def sites(published: Path) -> Iterator[Sites]:
    handler = functools.partial(Handler, directory=str(published))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        at = f"http://127.0.0.1:{server.server_port}"
        yield Sites(kubernetes=at, github=at)
        server.shutdown()
        thread.join(10)


def test_all_that_is_published(sites: Sites) -> None:
    parts = download.all_of(RELEASE, "amd64", sites)
    for part in parts:
        made = part.build(QUIET)
        assert sorted(path.name for path in made.iterdir()) == sorted(part.names)
        for name in part.names:
            assert (made / name).read_text() == name
            assert (made / name).stat().st_mode & 0o777 == 0o755

    compiled = {name for module in modules.all_of(RELEASE) for name in module.programs}
    assert {name for part in parts for name in part.names} == compiled - {"agnhost"}


def test_a_wrong_checksum_leaves_no_product(sites: Sites, published: Path, cache: Path) -> None:
    next(published.rglob("kubelet")).write_text("something else")
    kubernetes = download.all_of(RELEASE, "amd64", sites)[0]

    with pytest.raises(LabError, match=r"kubelet differs from its published checksum"):
        kubernetes.build(QUIET)
    assert list(cache.iterdir()) == []


def test_a_file_that_is_not_there(sites: Sites, published: Path) -> None:
    next(published.rglob("crictl-*.gz")).unlink()
    with pytest.raises(LabError, match=r"could not be downloaded.*404"):
        download.all_of(RELEASE, "amd64", sites)[-1].build(QUIET)


def test_a_server_that_does_not_answer() -> None:
    nowhere = Sites(kubernetes="http://127.0.0.1:1", github="http://127.0.0.1:1")
    with pytest.raises(LabError, match="Let this machine reach it"):
        download.all_of(RELEASE, "amd64", nowhere)[0].build(QUIET)


def test_a_list_without_the_file_is_no_checksum() -> None:
    text = "0" * 64 + "  other.tar.gz\n"
    with pytest.raises(LabError, match=r"No checksum is published for mine.tar.gz"):
        download.checksum(text, "mine.tar.gz")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with every program of the release, as a script that tells its version."""
    made = tmp_path / "own"
    made.mkdir()
    for name in (name for module in modules.all_of(RELEASE) for name in module.programs):
        told = "v1.36.2" if name == "kubeadm" else "Kubernetes v1.36.2"
        (made / name).write_text(f"#!/bin/sh\necho {told}\n")
        (made / name).chmod(0o755)
    return made


def test_a_folder(own: Path) -> None:
    part = folder.copied(RELEASE, own)
    made = part.build(QUIET)
    assert sorted(path.name for path in made.iterdir()) == sorted(part.names)
    assert (made / "kubelet").stat().st_ino != (own / "kubelet").stat().st_ino

    (own / "kubelet").write_text("changed")
    assert folder.copied(RELEASE, own).product != part.product


def test_each_program_that_a_folder_lacks_is_named(own: Path) -> None:
    (own / "etcdutl").unlink()
    (own / "coredns").unlink()
    with pytest.raises(UsageError, match=r"lacks coredns, etcdutl\."):
        build.built(RELEASE, binaries=str(own))


def test_a_folder_of_another_version(own: Path, cache: Path) -> None:
    (own / "kubelet").write_text("#!/bin/sh\necho Kubernetes v1.35.4\n")
    with pytest.raises(UsageError, match=r"kubelet is v1\.35\.4, not v1\.36\.2"):
        folder.copied(RELEASE, own).build(QUIET)
    assert not cache.exists()


def test_a_program_that_does_not_run(own: Path) -> None:
    (own / "kubeadm").chmod(0o644)
    with pytest.raises(UsageError, match="kubeadm` cannot be run: Permission denied"):
        folder.copied(RELEASE, own).build(QUIET)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        build.built(RELEASE, binaries=str(tmp_path / "nowhere"))


def test_nothing_is_built_yet() -> None:
    assert build.built(RELEASE) is None
    assert build.built(RELEASE, binaries="download") is None
