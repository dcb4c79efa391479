"""What measures a lab, and whom it tells: Prometheus and Alertmanager on the first balancer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.files.parts import File, Files, fixed, unit
from lab.pki import issue
from lab.plan import Machine, Plan, Role
from lab.secrets import Secrets
from lab.templates import FOLDER, render

UNITS = ("alerts.service", "prometheus-alertmanager.service", "prometheus.service")
"""Started when there is an API: a boot has better to do."""

PKI = "/etc/prometheus/pki"
ARGS = (
    "--web.listen-address=127.0.0.1:9090 --storage.tsdb.retention.time=7d "
    "--storage.tsdb.retention.size=512MB"
)
ALERTS = "--web.listen-address=127.0.0.1:9093 --cluster.listen-address="


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is scraped.

    Args:
        kept: the names of the series that are kept, as a pattern.
        every: how often, where it is not every 10 s.
        tls: whether it is asked over TLS, with a client's certificate; ca: and checked.
    """

    name: str
    targets: tuple[str, ...]
    kept: str
    every: str = ""
    tls: bool = False
    ca: bool = False


def jobs(plan: Plan) -> Iterable[Job]:
    """Everything that is scraped."""

    def at(machines: Iterable[Machine], port: int) -> tuple[str, ...]:
        return tuple(f"{m.address}:{port}" for m in machines)

    nodes = plan.of(Role.CONTROL_PLANE, Role.WORKER)
    api = "apiserver_client_certificate_expiration_seconds.*"
    etcd = "etcd_server_.*|etcd_disk_.*|etcd_mvcc_db_total_size_.*|grpc_server_handled_total"
    leads = "leader_election_master_status|process_start_time_seconds"
    kubelet = "kubelet_pod_start_sli_duration_seconds.*|kubelet_running_pods|kubelet_certificate.*"
    yield Job("kube-apiserver", at(plan.control_planes, 6443), api, tls=True, ca=True)
    yield Job("kube-scheduler", at(plan.control_planes, 10259), leads, tls=True)
    yield Job("kube-controller-manager", at(plan.control_planes, 10257), leads, tls=True)
    yield Job("kubelet", at(nodes, 10250), kubelet, tls=True, ca=True)
    yield Job("etcd", at(plan.etcd, 2381), etcd)
    yield Job("haproxy", at(plan.balancers, 8404), "haproxy_(server|backend|process)_.*")
    # A line each; the first snapshot comes after the first look.
    yield Job("backup", at(plan.etcd, 9100), "backup_.*", every="2s")


def monitoring(plan: Plan, secrets: Secrets) -> Files:
    """Prometheus, Alertmanager, and the file that alerts are written to."""
    client = issue(secrets.ca, "monitoring")
    prometheus = render("balancer/prometheus.yml.j2", plan=plan, jobs=list(jobs(plan)))
    alerts = (FOLDER / "balancer/alerts.service").read_text()
    alertmanager = "/etc/systemd/system/prometheus-alertmanager.service.d/lab.conf"
    return {
        "/etc/prometheus/prometheus.yml": File(prometheus),
        "/etc/prometheus/rules.yml": fixed("balancer/rules.yml"),
        f"{PKI}/ca.crt": File(secrets.ca.certificate),
        f"{PKI}/client.crt": File(client.certificate),
        f"{PKI}/client.key": File(client.key, 0o600),
        "/etc/default/prometheus": File(f'ARGS="{ARGS}"\n'),
        "/etc/systemd/system/prometheus.service.d/lab.conf": fixed("balancer/prometheus.conf"),
        "/etc/prometheus/alertmanager.yml": fixed("balancer/alertmanager.yml"),
        "/etc/default/prometheus-alertmanager": File(f'ARGS="{ALERTS}"\n'),
        alertmanager: fixed("balancer/alertmanager.conf"),
        "/usr/local/lib/machine/alerts/cgi-bin/alert": fixed("balancer/alert.sh", 0o755),
        "/etc/systemd/system/alerts.service": File(alerts),
    }


def metrics() -> Files:
    """What tells when a snapshot last went well."""
    return {
        "/var/lib/machine/metrics": File(folder=True),
        **unit(
            "machine-metrics.service",
            (FOLDER / "etcd/metrics.service").read_text(),
            wanted_by="multi-user.target",
        ),
    }
