"""What a cluster consists of, as its inventory tells it.

The fields' descriptions are those of the JSON Schema, which editors show;
clusters/example.yaml tells it all to people. What spans several fields stands in
inventory_rules.py.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chaos.cluster.durations import Duration, parse_duration


class Role(StrEnum):
    """What a node is there for."""

    CONTROL_PLANE = "control-plane"
    ETCD = "etcd"
    WORKER = "worker"
    LOAD_BALANCER = "load-balancer"
    SPARE = "spare"


class Environment(StrEnum):
    """How much care a cluster wants."""

    LAB = "lab"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f'"{text}" is no IP address') from None


def _no_blanks(text: str) -> str:
    if not text.strip():
        raise ValueError("blanks say nothing")
    return text


Address = Annotated[str, AfterValidator(_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, Field(min_length=1), AfterValidator(_no_blanks)]


class Part(BaseModel):
    """A part of the inventory: it cannot be changed, and knows no field but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ClusterPart(Part):
    """Which cluster this is."""

    name: Text
    """What reports call it."""
    uid: Text
    """UID of the namespace kube-system. Nothing is done to a cluster with another one."""
    environment: Environment
    """How much care it wants. In production nothing is broken unless confirmed for that run."""
    kubeconfig: Text
    """Path of the kubeconfig, relative to this file."""
    context: Text | None = None
    """Which context of the kubeconfig; its current one by default."""
    managed: Literal["eks", "gke", "aks", "other"] | None = None
    """Who runs the control plane, where its owners do not."""
    regional: bool | None = None
    """Of a managed control plane: whether it stands in several zones."""


class Endpoint(Part):
    """The address that clients of the API use."""

    name: Text
    """Its name, or its address where it has no name."""
    address: Address | None = None
    """Its (virtual) IP address. Leave it out where the addresses change, as a cloud's do."""
    port: Port = 6443
    """Its TCP port."""
    resolvers: tuple[Address, ...] = ()
    """DNS servers that the nodes ask for the name."""


class NodePart(Part):
    """A machine."""

    name: Text
    """Its name; of a Kubernetes node, the name that `kubectl get nodes` shows."""
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    """What it does. `spare`: joined, but not (yet) behind the balancer."""
    zone: Text | None = None
    """What it fails together with: a rack, a room, a cloud's zone."""
    host: Text | None = None
    """The hypervisor or chassis that it stands on: what stands on one fails with it."""
    address: Address
    """Its IP address inside the cluster."""
    url: Text
    """How it is reached, as a URL of testinfra: `ssh://root@10.0.0.11?ssh_config=ssh_config`."""


class EtcdPki(Part):
    """Files, on the machines that run etcd, for asking it."""

    ca: Text
    """The authority's certificate."""
    certificate: Text
    """A client certificate."""
    key: Text
    """Its key. It is used on the machine and never read from there."""


KUBEADM_PKI = EtcdPki(
    ca="/etc/kubernetes/pki/etcd/ca.crt",
    certificate="/etc/kubernetes/pki/etcd/healthcheck-client.crt",
    key="/etc/kubernetes/pki/etcd/healthcheck-client.key",
)


class EtcdPart(Part):
    """Where etcd runs, and how it is asked."""

    topology: Literal["stacked", "external", "systemd"]
    """`stacked`: static Pods on the control planes; `systemd`: a unit on the control planes;
    `external`: a unit on machines of its own."""
    pki: EtcdPki | None = None
    """Where its files are; where kubeadm puts them by default, which only fits `stacked`."""
    endpoints: tuple[Text, ...] = ()
    """Client URLs to ask; `https://127.0.0.1:2379` on each of its machines by default."""
    fsync_p99: Duration = parse_duration("10ms")
    """How long writing its log to disk may take, 99 times of 100."""
    commit_p99: Duration = parse_duration("25ms")
    """How long committing its database to disk may take, 99 times of 100."""


class LoadBalancers(Part):
    """What stands in front of the apiservers."""

    kind: Literal["haproxy", "other"] = "haproxy"
    """What runs on the nodes of the role load-balancer. `other` is not looked into."""
    config: Text = "/etc/haproxy/haproxy.cfg"
    """HAProxy's configuration on those nodes."""
    stats: Text = "/run/haproxy/admin.sock"
    """HAProxy's socket on those nodes, or the URL of its statistics page as seen from there."""
    keepalived: Text | None = None
    """keepalived's configuration, where it moves the virtual IP."""


class Stored(Part):
    """A folder of another machine that snapshots are copied to."""

    node: Text
    """Which node."""
    folder: Text
    """Which folder; those below it belong to it."""


class Backups(Part):
    """Snapshots of etcd."""

    max_age: Duration = parse_duration("24h")
    """How old the newest may be."""
    pattern: Text = "*.db"
    """What their file names look like, as for `find -name`."""
    keep: Annotated[int, Field(ge=1)] = 3
    """How many of each machine's are to be kept, once it has been there for so long."""
    folder: Text | None = None
    """The folder on the machines that run etcd where they are taken."""
    off_node: tuple[Stored, ...] = ()
    """Where copies lie on other machines."""
