"""The settings that decide how long a fault is felt, as plain data.

chaos.cluster.settings_read reads them; chaos.prediction computes from them. Texts of
configurations are kept, without their passwords, so that a prediction can name the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.cluster.facts import Component, HaproxyConfig, KeepalivedConfig, NotAvailable

_NOT_ASKED = NotAvailable("it was not asked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class HaproxyFile:
    """A HAProxy configuration and where it lies.

    Args:
        version: of the HAProxy beside it, as `3.0.11`; empty where that is not known.
    """

    path: str
    text: str
    config: HaproxyConfig
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepalivedFile:
    """A keepalived configuration and where it lies."""

    path: str
    text: str
    config: KeepalivedConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was read, by node; whatever could not be read says why.

    Args:
        port: of the endpoint.
        addresses: of every node.
        kubernetes: the apiserver's version, as `v1.36.2`.
        holder: the balancer that has the endpoint's address.
        leader: the node of etcd's leader.
        members: how many voters etcd has.
        kubelets: single values of kubelet's configuration file.
    """

    port: int
    addresses: Mapping[str, str]
    haproxy: Mapping[str, HaproxyFile | NotAvailable] = field(default_factory=dict)
    keepalived: Mapping[str, KeepalivedFile | NotAvailable] = field(default_factory=dict)
    holder: str | NotAvailable = _NOT_ASKED
    components: Mapping[str, tuple[Component, ...] | NotAvailable] = field(default_factory=dict)
    leader: str | NotAvailable = _NOT_ASKED
    members: int | NotAvailable = _NOT_ASKED
    kubernetes: str | NotAvailable = _NOT_ASKED
    kubelets: Mapping[str, Mapping[str, str] | NotAvailable] = field(default_factory=dict)

    def flags(self, name: str) -> dict[str, Mapping[str, str]]:
        """The flags of a program of the control plane, by node."""
        return {
            node: one.flags
            for node, found in self.components.items()
            if not isinstance(found, NotAvailable)
            for one in found
            if one.name == name
        }
