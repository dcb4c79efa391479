"""The Go modules that the lab's programs are built from, each as a go.mod and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.versions import Release

CRI_TOOLS = "1.36.0"
K8S = "k8s.io/kubernetes"
ETCD = "go.etcd.io/etcd"
CONTAINERD = "github.com/containerd/containerd/v2"
COREDNS = "github.com/coredns/coredns"
CRICTL = "sigs.k8s.io/cri-tools"


@dataclass(frozen=True, slots=True)
class Module:
    """Programs that are built together.

    One module each, for the versions of their dependencies conflict in one.

    Args:
        what: its name.
        version: without a leading v.
        requires: the modules that are required, all of this version; the first one's go.mod
            gives the Go version, the debug settings, and the staging modules.
        programs: package by the name of its program.
        tags: build tags.
        stamps: values by the full name of the variable that the linker sets; {commit} and {date}
            in them become those of the first required module's version.
        sources: files of the module's own, by name.
    """

    what: str
    version: str
    requires: tuple[str, ...]
    programs: dict[str, str]
    tags: tuple[str, ...] = ()
    stamps: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def go_mod(self, upstream: str = "") -> str:
        """The text of the go.mod, given that of the first required module.

        Without it, the text lacks what follows from the version anyway, and still tells this
        module from any other.
        """
        lines = [f"module holdfast.invalid/{self.what}", "", *_settings(upstream), "", "tool ("]
        lines += [f"\t{package}" for package in sorted(self.programs.values())]
        lines += [")", "", "require ("]
        lines += [f"\t{required} v{self.version}" for required in self.requires]
        lines += [")"]
        # A staging module is the folder of that name in the repository: of the same release.
        version = "v0." + self.version.partition(".")[2]
        lines += [f"replace {name} => {name} {version}" for name in staging(upstream)]
        return "\n".join(lines) + "\n"

    def parts(self) -> Iterable[str]:
        """All that it is made of, to be hashed."""
        yield self.go_mod()
        yield from self.programs
        yield from self.tags
        for name, value in (self.stamps | self.sources).items():
            yield f"{name}={value}"


def staging(upstream: str) -> list[str]:
    """The modules that a go.mod replaces by folders below ./staging."""
    return re.findall(r"^\s*(?:replace\s+)?(\S+)\s+=>\s+\./staging/", upstream, re.MULTILINE)


def _settings(upstream: str) -> list[str]:
    """The go and godebug lines of a go.mod: they hold for the main module's only."""
    kept = re.findall(r"^(?:go|godebug)\s+[^(\s]+$", upstream, re.MULTILINE)
    block = re.search(r"^godebug\s+\(.*?^\)", upstream, re.MULTILINE | re.DOTALL)
    return kept + ([block[0]] if block else [])


def kubernetes(release: Release) -> Module:
    """The eight programs of Kubernetes, agnhost among them."""
    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
    programs = {name: f"{K8S}/cmd/{name}" for name in (*names, "kubelet", "kubeadm", "kubectl")}
    programs["agnhost"] = f"{K8S}/test/images/agnhost"
    return Module("kubernetes", release.kubernetes, (K8S,), programs, stamps=_k8s_stamps(release))


def agnhost(release: Release) -> Module:
    """agnhost alone: upstream publishes no binary of it."""
    programs = {"agnhost": f"{K8S}/test/images/agnhost"}
    return Module("agnhost", release.kubernetes, (K8S,), programs, stamps=_k8s_stamps(release))


def _k8s_stamps(release: Release) -> dict[str, str]:
    """What `version` tells; without gitVersion kubeadm refuses to work."""
    major, minor, _ = release.kubernetes.split(".")
    values = {
        "gitVersion": f"v{release.kubernetes}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "{commit}",
        "buildDate": "{date}",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{pkg}.{name}": value for pkg in packages for name, value in values.items()}


# What kubeadm's Corefile names, and what people add to it. CoreDNS chooses its plugins when it is
# compiled; those for the clouds' own DNS and for tracing take about a third of the time that all
# take: 92 of 265 processor-seconds, n = 1, on a busy machine.
_PLUGINS = (
    *("acl", "any", "autopath", "bind", "bufsize", "cache", "cancel", "debug", "errors", "file"),
    *("forward", "health", "hosts", "kubernetes", "loadbalance", "log", "loop", "metadata"),
    *("metrics", "minimal", "pprof", "ready", "reload", "rewrite", "root", "template", "whoami"),
)


def coredns(release: Release) -> Module:
    """CoreDNS with the plugins of a cluster's DNS."""
    imports = [f"{COREDNS}/coremain", *(f"{COREDNS}/plugin/{name}" for name in _PLUGINS)]
    lines = [f'\t_ "{name}"' for name in imports[1:]]
    source = ["package main", "", "import (", f'\t"{imports[0]}"', *lines, ")", ""]
    source += ["func main() { coremain.Run() }", ""]
    return Module(
        "coredns",
        release.coredns,
        (COREDNS,),
        {"coredns": "holdfast.invalid/coredns"},
        sources={"main.go": "\n".join(source)},
    )


def all_of(release: Release) -> tuple[Module, ...]:
    """Every module of a release, the longest to build first."""
    etcd = {
        "etcd": f"{ETCD}/server/v3",
        "etcdctl": f"{ETCD}/etcdctl/v3",
        "etcdutl": f"{ETCD}/etcdutl/v3",
    }
    names = ("containerd", "containerd-shim-runc-v2", "ctr")
    containerd = {name: f"{CONTAINERD}/cmd/{name}" for name in names}
    return (
        kubernetes(release),
        Module(
            "containerd",
            release.containerd,
            (CONTAINERD,),
            containerd,
            # Each needs a C library or a file system that no node has.
            tags=("no_btrfs", "no_zfs", "no_devmapper"),
            stamps={f"{CONTAINERD}/version.Version": f"v{release.containerd}"},
        ),
        coredns(release),
        Module("etcd", release.etcd, tuple(etcd.values()), etcd),
        Module(
            "cri-tools",
            CRI_TOOLS,
            (CRICTL,),
            {"crictl": f"{CRICTL}/cmd/crictl"},
            stamps={f"{CRICTL}/pkg/version.Version": f"v{CRI_TOOLS}"},
        ),
    )
