"""The lab as an inventory: the file that a user writes by hand for a cluster of theirs."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lab.files import backup_stores
from lab.home import Home
from lab.plan import Plan, Role

RUNBOOKS = Path(__file__).parents[1] / "docs" / "runbooks"
WAIVED_UNTIL = date(2030, 12, 31)
WAIVED = {
    "network-policies-enforced": "the ptp plugin has no enforcer of NetworkPolicies",
    "node-sizes": "all machines share one small host: the sizes are what its load needs",
}
HEADER = """\
# Written by `holdfast lab up`. Paths are relative to this file.
# clusters/example.yaml explains every field.
"""


def inventory(plan: Plan, *, uid: str) -> str:
    """The inventory of a lab.

    Args:
        uid: the UID of the cluster's namespace kube-system, which identifies the cluster.
    """
    name = plan.spec.name
    content: dict[str, Any] = {
        "version": 1,
        "cluster": {"name": name, "uid": uid, "environment": "lab", "kubeconfig": "kubeconfig"},
        "endpoint": {
            "name": plan.api_name,
            "address": plan.virtual_ip,
            "port": 6443,
            "resolvers": [b.address for b in plan.balancers],
        },
        "nodes": [
            {
                "name": m.name,
                "roles": _roles(plan, m.role),
                "zone": m.zone,
                "address": m.address,
                "url": f"ssh://{m.name}?ssh_config=ssh_config",
            }
            for m in plan.machines
        ],
        "etcd": _etcd(plan),
        "load_balancers": {
            "kind": "haproxy",
            "config": "/etc/haproxy/haproxy.cfg",
            "stats": "/run/haproxy/admin.sock",
            "keepalived": "/etc/keepalived/keepalived.conf",
        },
        "backups": {
            # A snapshot is taken every half hour; one may fail.
            "max_age": "1h30m",
            "folder": "/var/backups/etcd",
            "off_node": [
                {"node": m.name, "folder": "/var/backups/offsite"} for m in backup_stores(plan)
            ],
        },
        "critical_namespaces": ["shop"],
        "monitoring": {
            "prometheus": "http://127.0.0.1:9090",
            "alertmanager": "http://127.0.0.1:9093",
            "node": plan.monitor.name,
        },
        # A lab is measured for minutes and broken on purpose: one sample taken while a member of
        # etcd starts again is a tenth of all.
        "objectives": {"api": 0.5, "etcd_leader": 0.5},
        "operations": {
            "runbooks": {file.stem: str(file) for file in sorted(RUNBOOKS.glob("*.md"))},
        },
        "waivers": [
            {"id": name, "reason": reason, "owner": "the lab", "expires": WAIVED_UNTIL}
            for name, reason in WAIVED.items()
        ],
        "chaos": {"allowed": ["all"]},
        "power": {
            "cut": f"holdfast lab power --name {name} {{node}} cut",
            "on": f"holdfast lab power --name {name} {{node}} on",
        },
        "cable": {
            "cut": f"holdfast lab cable --name {name} {{target}} cut",
            "join": f"holdfast lab cable --name {name} {{target}} join",
        },
    }
    out = io.StringIO()
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.dump(content, out)
    return HEADER + out.getvalue()


def _etcd(plan: Plan) -> dict[str, Any]:
    pki = "/etc/kubernetes/pki/etcd" if plan.etcd_is_stacked else "/etc/etcd/pki"
    return {
        "topology": plan.spec.etcd,
        "pki": {
            "ca": f"{pki}/ca.crt",
            "certificate": f"{pki}/healthcheck-client.crt",
            "key": f"{pki}/healthcheck-client.key",
        },
        # One disk and the host's few processors carry all machines: writing took up to 60 ms and
        # committing 110 ms while they booted. A quarter and half of the election's time-out.
        "fsync_p99": "250ms",
        "commit_p99": "500ms",
    }


def _roles(plan: Plan, role: Role) -> list[str]:
    stacked = role is Role.CONTROL_PLANE and plan.etcd_is_stacked
    return [role.value, "etcd"] if stacked else [role.value]


def write(home: Home, plan: Plan, *, uid: str) -> None:
    """Write a lab's inventory into its home."""
    home.inventory.write_text(inventory(plan, uid=uid))
