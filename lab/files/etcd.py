"""What machines of their own for etcd have."""

from __future__ import annotations

from lab.files.parts import File, Files, unit
from lab.pki import issue
from lab.plan import Machine, Plan
from lab.secrets import Secrets
from lab.templates import render


def etcd(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """etcd under systemd, with certificates of its own authority."""
    names = [machine.name, f"{machine.name}.{plan.domain}", "localhost"]
    server = issue(
        secrets.etcd_ca, machine.name, names=names, addresses=[machine.address, "127.0.0.1"]
    )
    health = issue(secrets.etcd_ca, "kube-etcd-healthcheck-client")
    service = render("etcd/etcd.service.j2", plan=plan, machine=machine)
    return {
        "/etc/etcd/pki/ca.crt": File(secrets.etcd_ca.certificate),
        "/etc/etcd/pki/ca.key": File(secrets.etcd_ca.key, 0o600),
        "/etc/etcd/pki/server.crt": File(server.certificate),
        "/etc/etcd/pki/server.key": File(server.key, 0o600),
        "/etc/etcd/pki/healthcheck-client.crt": File(health.certificate),
        "/etc/etcd/pki/healthcheck-client.key": File(health.key, 0o600),
        **unit("etcd.service", service, wanted_by="multi-user.target"),
    }
