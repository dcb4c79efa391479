"""How a cluster says that it is reached, and what its programs are told: pointers and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeadm:
    """kubeadm's ClusterConfiguration, from which the next machine is joined.

    Args:
        endpoint: controlPlaneEndpoint as written; empty where there is none.
        cert_sans: what the next apiserver's certificate will name besides what it always does.
        etcd_endpoints: of an external etcd; empty where it is stacked.
    """

    version: str
    endpoint: str
    cert_sans: tuple[str, ...]
    etcd_endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeconfigFile:
    """A kubeconfig on a machine, without its credentials.

    Args:
        server: the URL of its (first) cluster.
        authorities: fingerprints of the authorities that it trusts, where they stand in it.
    """

    path: str
    server: str
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubelet:
    """A kubelet's settings, as its configuration file has them.

    Args:
        settings: by name, those of the topmost level and of `authentication`, as written
            (`rotateCertificates`, `authentication.anonymous.enabled`).
    """

    node: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramVersion:
    """What version of a program runs where.

    Args:
        source: `asked`: it said so itself; `image`: its Pod's tag.
    """

    name: str
    node: str
    version: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """A MachineHealthCheck of Cluster API: what has a machine replaced that is not well.

    Args:
        expected, healthy: how many machines it watches, and how many of them are well.
        allowed: whether it may replace one now.
        paused: whether somebody has stopped it.
    """

    name: str
    expected: int
    healthy: int
    allowed: bool
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionRule:
    """An entry of an EncryptionConfiguration.

    Args:
        providers: their names in order; the first encrypts what is written.
    """

    resources: tuple[str, ...]
    providers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionConfig:
    """An EncryptionConfiguration on a control plane. Its keys never left it.

    Args:
        sha256: of the file.
        keys: how many keys stand in it.
        copied: how many of them are keys of published examples.
        phrases: how many others are readable text, which random bytes never are.
        changed: whether the file was changed after its apiserver had started, which does not read
            it anew; None where that is not known.
    """

    path: str
    sha256: str
    rules: tuple[EncryptionRule, ...]
    keys: int
    copied: int = 0
    phrases: int = 0
    changed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A ClusterRoleBinding, or a RoleBinding where it has a namespace.

    Args:
        role: `ClusterRole/cluster-admin`.
        subjects: as `User/x`, `Group/x`, `ServiceAccount/namespace/x`.
    """

    name: str
    role: str
    subjects: tuple[str, ...]
    namespace: str = ""

    def __str__(self) -> str:
        kind = "RoleBinding" if self.namespace else "ClusterRoleBinding"
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"
