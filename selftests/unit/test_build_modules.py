"""The go.mod texts and the names of the products made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from lab.build import modules, toolchain
from lab.build.compile import Compiled
from lab.build.toolchain import parse
from lab.progress import Progress
from lab.versions import release

UPSTREAM = """\
module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require github.com/kylelemons/godebug v1.1.0 // indirect

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/kubectl => ./staging/src/k8s.io/kubectl
	example.com/other => example.com/fork v1.0.0
)
"""


def test_go_mod_of_kubernetes() -> None:
    text = modules.agnhost(release("1.36.2")).go_mod(UPSTREAM)

    assert text == (
        "module holdfast.invalid/agnhost\n"
        "\n"
        "go 1.26.0\n"
        "godebug default=go1.26\n"
        "\n"
        "tool (\n"
        "\tk8s.io/kubernetes/test/images/agnhost\n"
        ")\n"
        "\n"
        "require (\n"
        "\tk8s.io/kubernetes v1.36.2\n"
        ")\n"
        "replace k8s.io/api => k8s.io/api v0.36.2\n"
        "replace k8s.io/kubectl => k8s.io/kubectl v0.36.2\n"
    )


def test_settings_in_a_block_are_kept() -> None:
    upstream = "go 1.25.0\n\ngodebug (\n\tdefault=go1.25\n\ttlsmlkem=0\n)\n"
    text = modules.agnhost(release("1.35.4")).go_mod(upstream)
    assert "godebug (\n\tdefault=go1.25\n\ttlsmlkem=0\n)\n" in text


def test_every_program_of_the_lab_has_a_module() -> None:
    programs = [name for module in modules.all_of(release("1.36.2")) for name in module.programs]
    assert len(programs) == len(set(programs))
    assert {"kubeadm", "kubelet", "kube-apiserver", "agnhost", "etcdutl", "crictl"} <= set(programs)
    assert {"containerd", "containerd-shim-runc-v2", "ctr", "coredns"} <= set(programs)


def test_kubeadm_is_stamped_with_its_version() -> None:
    stamps = modules.kubernetes(release("1.37.1")).stamps
    assert stamps["k8s.io/component-base/version.gitVersion"] == "v1.37.1"
    assert stamps["k8s.io/component-base/version.gitMinor"] == "37"


def test_coredns_has_the_plugins_that_kubeadm_s_corefile_names() -> None:
    module = modules.coredns(release("1.36.2"))
    assert "tool (\n\tholdfast.invalid/coredns\n)" in module.go_mod()
    source = module.sources["main.go"]
    for name in ("errors", "health", "ready", "kubernetes", "metrics", "forward", "cache", "loop"):
        assert f'\t_ "github.com/coredns/coredns/plugin/{name}"\n' in source
    assert {"reload", "loadbalance"} <= {line.rpartition("/")[2][:-1] for line in source.split()}


def test_another_input_is_another_product() -> None:
    module = modules.all_of(release("1.36.2"))[1]
    variants = [
        Compiled(module, "amd64"),
        Compiled(module, "arm64"),
        Compiled(dataclasses.replace(module, version="2.3.8"), "amd64"),
        Compiled(dataclasses.replace(module, tags=()), "amd64"),
        Compiled(dataclasses.replace(module, stamps={"a.b": "c"}), "amd64"),
        Compiled(dataclasses.replace(module, programs={"ctr": "example.com/ctr"}), "amd64"),
        Compiled(dataclasses.replace(module, sources={"main.go": "package main"}), "amd64"),
    ]
    assert len({variant.product.path for variant in variants}) == len(variants)
    assert Compiled(module, "amd64").product == variants[0].product


def test_releases_share_what_is_equal() -> None:
    one, other = modules.all_of(release("1.36.1")), modules.all_of(release("1.36.2"))
    shared = {m.what for m, n in zip(one, other, strict=True) if m == n}
    assert shared == {"containerd", "coredns", "etcd", "cri-tools"}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.27rc1 linux/amd64", (1, 27)),
        ("go 1.26.0", (1, 26, 0)),
        ("go 1.24", (1, 24)),
        ("sh: go: not found", ()),
    ],
)
def test_go_versions(text: str, version: tuple[int, ...]) -> None:
    assert parse(text) == version


def fake_go(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    path = folder / "go"
    path.write_text(f"#!/bin/sh\necho go version go{version} linux/amd64\n")
    path.chmod(0o755)
    return path


def test_the_first_go_that_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fake_go(tmp_path / "old", "1.25.5")
    new = fake_go(tmp_path / "root" / "bin", "1.26.8")
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    monkeypatch.setenv("GOROOT", str(tmp_path / "root"))

    assert toolchain.find((1, 25), Progress()).path == old
    assert toolchain.find((1, 26, 8), Progress()).path == new
