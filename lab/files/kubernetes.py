"""What control planes and workers have."""

from __future__ import annotations

import hashlib

from lab.files.parts import File, Files, fixed, unit
from lab.pki import issue
from lab.plan import Machine, Plan
from lab.secrets import Secrets
from lab.templates import FOLDER, render


def _kubernetes(plan: Plan, machine: Machine, secrets: Secrets, *, first: bool) -> Files:
    images = plan.spec.release.images
    kubeadm = render(
        "kubernetes/kubeadm.yaml.j2", plan=plan, machine=machine, secrets=secrets, first=first
    )
    discovery = render("kubernetes/discovery.conf.j2", plan=plan, secrets=secrets)
    cni = render("kubernetes/cni.conflist.j2", machine=machine)
    join = render("kubernetes/kubeadm.service.j2", verb="init" if first else "join")
    return {
        # By this the API tells machines from copies of one machine.
        "/etc/machine-id": File(_machine_id(plan, machine) + "\n", 0o444),
        "/etc/containerd/config.toml": File(render("kubernetes/containerd.toml.j2", images=images)),
        "/etc/crictl.yaml": fixed("kubernetes/crictl.yaml"),
        "/etc/cni/net.d/10-lab.conflist": File(cni),
        "/etc/kubernetes/kubeadm.yaml": File(kubeadm, 0o600),
        "/etc/kubernetes/discovery.conf": File(discovery, 0o600),
        "/etc/systemd/system/kubeadm.service": File(join),
        "/var/lib/machine": File(folder=True),
        **unit(
            "containerd.service",
            (FOLDER / "kubernetes/containerd.service").read_text(),
            wanted_by="multi-user.target",
        ),
        **unit(
            "kubelet.service",
            (FOLDER / "kubernetes/kubelet.service").read_text(),
            wanted_by="multi-user.target",
        ),
    }


def _machine_id(plan: Plan, machine: Machine) -> str:
    """The same at each boot, another for each machine of each lab."""
    name = f"{plan.spec.name}/{plan.spec.subnet}/{machine.name}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def control_plane(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """What kubeadm makes a control plane from, and the API server's policies."""
    first = machine == plan.control_planes[0]
    policy = "/etc/kubernetes/policy"
    encryption = render("kubernetes/encryption.yaml.j2", secrets=secrets)
    files = _kubernetes(plan, machine, secrets, first=first) | {
        f"{policy}/audit.yaml": fixed("kubernetes/audit-policy.yaml", 0o600),
        f"{policy}/authentication.yaml": fixed("kubernetes/authentication.yaml", 0o600),
        f"{policy}/encryption.yaml": File(encryption, 0o600),
    }
    if first:
        # The others get it from `kubeadm init --upload-certs`; the balancers check with it.
        files["/etc/kubernetes/pki/ca.crt"] = File(secrets.ca.certificate)
        files["/etc/kubernetes/pki/ca.key"] = File(secrets.ca.key, 0o600)
        if not plan.etcd_is_stacked:
            client = issue(secrets.etcd_ca, "kube-apiserver-etcd-client")
            files["/etc/kubernetes/pki/etcd/ca.crt"] = File(secrets.etcd_ca.certificate)
            files["/etc/kubernetes/pki/apiserver-etcd-client.crt"] = File(client.certificate)
            files["/etc/kubernetes/pki/apiserver-etcd-client.key"] = File(client.key, 0o600)
    return files


def worker(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """What kubeadm makes a worker from."""
    return _kubernetes(plan, machine, secrets, first=False)
