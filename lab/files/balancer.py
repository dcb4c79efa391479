"""What balancers have."""

from __future__ import annotations

from lab.files.monitoring import monitoring
from lab.files.parts import File, Files, enabled, fixed
from lab.plan import Machine, Plan
from lab.secrets import Secrets
from lab.templates import render


def balancer(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """HAProxy, keepalived and the lab's resolver; on one of them, what measures the lab."""
    others = [b for b in plan.balancers if b != machine]
    keepalived = render("balancer/keepalived.conf.j2", plan=plan, machine=machine, others=others)
    files = {
        "/etc/haproxy/haproxy.cfg": File(render("balancer/haproxy.cfg.j2", plan=plan)),
        "/etc/haproxy/kubernetes-ca.crt": File(secrets.ca.certificate),
        "/etc/keepalived/keepalived.conf": File(keepalived),
        "/usr/local/lib/machine/says-200": fixed("balancer/says-200.sh", 0o755),
        "/etc/dnsmasq.d/lab.conf": File(render("balancer/dnsmasq.conf.j2", plan=plan)),
        **enabled("haproxy.service"),
        **enabled("keepalived.service"),
        **enabled("dnsmasq.service"),
    }
    return files | (monitoring(plan, secrets) if machine == plan.monitor else {})
