"""Which Kubernetes versions the lab can boot, and what belongs to each."""

from __future__ import annotations

from dataclasses import dataclass

from lab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Release:
    """One Kubernetes version with the versions kubeadm wants beside it, none with a leading v.

    `etcd`, `coredns` and `pause` are the constants of that kubeadm
    (cmd/kubeadm/app/constants/constants.go), `agnhost` is test/images/agnhost/VERSION.
    """

    kubernetes: str
    etcd: str
    coredns: str
    pause: str
    agnhost: str
    containerd: str = "2.3.7"

    @property
    def minor(self) -> int:
        return int(self.kubernetes.split(".")[1])

    @property
    def images(self) -> dict[str, str]:
        """Image references by component, as `kubeadm config images list` prints them."""
        registry = "registry.k8s.io"
        tag = f"v{self.kubernetes}"
        return {
            "kube-apiserver": f"{registry}/kube-apiserver:{tag}",
            "kube-controller-manager": f"{registry}/kube-controller-manager:{tag}",
            "kube-scheduler": f"{registry}/kube-scheduler:{tag}",
            "kube-proxy": f"{registry}/kube-proxy:{tag}",
            "coredns": f"{registry}/coredns/coredns:v{self.coredns}",
            "pause": f"{registry}/pause:{self.pause}",
            "etcd": f"{registry}/etcd:{self.etcd}-0",
            "agnhost": f"{registry}/e2e-test-images/agnhost:{self.agnhost}",
        }


# Complete in the Go module proxy: every staging module of these is there.
RELEASES = (
    Release("1.34.2", etcd="3.6.5", coredns="1.12.1", pause="3.10.1", agnhost="2.56"),
    Release("1.35.4", etcd="3.6.6", coredns="1.13.1", pause="3.10.1", agnhost="2.59"),
    Release("1.36.1", etcd="3.6.8", coredns="1.14.2", pause="3.10.2", agnhost="2.63.0"),
    Release("1.36.2", etcd="3.6.8", coredns="1.14.2", pause="3.10.2", agnhost="2.63.0"),
    Release("1.37.0", etcd="3.7.0", coredns="1.14.6", pause="3.10.2", agnhost="2.66.1"),
    Release("1.37.1", etcd="3.7.0", coredns="1.14.6", pause="3.10.2", agnhost="2.66.1"),
)
DEFAULT = "1.36.2"


def release(version: str) -> Release:
    """The release of this version, with or without a leading v.

    Raises:
        UsageError: the lab has no such version; the message lists those it has.
    """
    for known in RELEASES:
        if known.kubernetes == version.removeprefix("v"):
            return known
    have = ", ".join(r.kubernetes for r in RELEASES)
    raise UsageError(f"The lab has no Kubernetes {version}.", f"There are: {have}.")
