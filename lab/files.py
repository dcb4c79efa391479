"""What is written on a machine's disk before its first boot. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.pki import issue
from lab.plan import Machine, Plan, Role
from lab.secrets import Secrets
from lab.templates import FOLDER, render


@dataclass(frozen=True, slots=True)
class File:
    """A file's content and mode; or a symbolic link to `link`; or an empty folder."""

    content: str = ""
    mode: int = 0o644
    link: str = ""
    folder: bool = False


Files = dict[str, File]

# Nobody sits at these machines, and nothing changes their libraries: at a boot of eight on two
# processors these would take seconds from what is waited for.
NEEDLESS = ("systemd-logind.service", "ldconfig.service")


def _fixed(name: str, mode: int = 0o644) -> File:
    return File((FOLDER / name).read_text(), mode)


def _unit(name: str, content: str, *, wanted_by: str) -> Files:
    """A systemd unit that is enabled."""
    target = f"/etc/systemd/system/{wanted_by}.wants/{name}"
    return {f"/etc/systemd/system/{name}": File(content), target: File(link=f"../{name}")}


def _enabled(name: str) -> Files:
    """A unit of the distribution, enabled."""
    path = f"/etc/systemd/system/multi-user.target.wants/{name}"
    return {path: File(link=f"/usr/lib/systemd/system/{name}")}


def machine_files(plan: Plan, machine: Machine, secrets: Secrets, cpus: int) -> Files:
    """Everything a machine needs beyond the base and the tools, by absolute path.

    Args:
        cpus: how many processors the host has: a machine is not shown more.
    """
    by_role: dict[Role, Callable[[Plan, Machine, Secrets], Files]] = {
        Role.CONTROL_PLANE: _control_plane,
        Role.WORKER: _worker,
        Role.ETCD: _etcd,
        Role.LOAD_BALANCER: _balancer,
    }
    files = _common(plan, machine, secrets) | _capacity(machine, cpus)
    files |= by_role[machine.role](plan, machine, secrets)
    if machine in plan.etcd:
        files |= _backup(plan, machine, secrets)
    if machine in backup_stores(plan):
        files |= _backup_store(plan, secrets)
    return files


def backup_stores(plan: Plan) -> tuple[Machine, ...]:
    """The machines that take other machines' snapshots: workers, else whoever there is."""
    return plan.of(Role.WORKER) or (plan.etcd if len(plan.etcd) > 1 else plan.balancers)


def _offsite(plan: Plan, machine: Machine) -> Machine:
    """Where a machine's snapshots go: to another machine, in another zone if there is one."""
    others = [m for m in backup_stores(plan) if m != machine]
    start = plan.etcd.index(machine)
    ordered = [others[(start + i) % len(others)] for i in range(len(others))]
    return next((m for m in ordered if m.zone != machine.zone), ordered[0])


def _common(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    host = secrets.host_keys[machine.name]
    return {
        "/etc/hostname": File(machine.name + "\n"),
        "/etc/hosts": File(render("machine/hosts.j2", plan=plan, machine=machine)),
        "/etc/resolv.conf": File(render("machine/resolv.conf.j2", plan=plan)),
        "/root/.ssh/authorized_keys": File(secrets.ssh.public, 0o600),
        **{f"/etc/systemd/system/{unit}": File(link="/dev/null") for unit in NEEDLESS},
        "/etc/ssh/ssh_host_ed25519_key": File(host.private, 0o600),
        "/etc/ssh/ssh_host_ed25519_key.pub": File(host.public),
        "/etc/sysctl.d/99-kubernetes.conf": _fixed("machine/sysctl.conf"),
        "/usr/local/lib/machine/prepare.sh": _fixed("machine/prepare.sh", 0o755),
        **_unit(
            "machine-prepare.service",
            (FOLDER / "machine/prepare.service").read_text(),
            wanted_by="sysinit.target",
        ),
    }


def _capacity(machine: Machine, cpus: int) -> Files:
    """The machine's own limits in the places where kubelet looks for a machine's capacity.

    It reads /proc/meminfo and /sys/devices/system/node (cadvisor's machine and sysinfo packages).
    Free memory is not kept current there: kubelet takes what is used from the control group.
    """
    kib = machine.limits.memory // 1024
    fields = {"MemTotal": kib, "MemFree": kib, "MemAvailable": kib, "Buffers": 0, "Cached": 0}
    fields |= {"SwapTotal": 0, "SwapFree": 0}
    meminfo = "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in fields.items())
    numa = "/usr/local/lib/machine/numa"
    files = {
        "/usr/local/lib/machine/meminfo": File(meminfo),
        f"{numa}/online": File("0\n"),
        f"{numa}/node0/meminfo": File(f"Node 0 MemTotal: {kib:>15} kB\n"),
        f"{numa}/node0/distance": File("10\n"),
        f"{numa}/node0/hugepages": File(folder=True),
    }
    for cpu in range(min(machine.limits.cpus, cpus)):
        files[f"{numa}/node0/cpu{cpu}"] = File(link=f"/sys/devices/system/cpu/cpu{cpu}")
    return files


def _kubernetes(plan: Plan, machine: Machine, secrets: Secrets, *, first: bool) -> Files:
    images = plan.spec.release.images
    kubeadm = render(
        "kubernetes/kubeadm.yaml.j2", plan=plan, machine=machine, secrets=secrets, first=first
    )
    discovery = render("kubernetes/discovery.conf.j2", plan=plan, secrets=secrets)
    cni = render("kubernetes/cni.conflist.j2", machine=machine)
    join = render("kubernetes/kubeadm.service.j2", verb="init" if first else "join")
    return {
        "/etc/containerd/config.toml": File(render("kubernetes/containerd.toml.j2", images=images)),
        "/etc/crictl.yaml": _fixed("kubernetes/crictl.yaml"),
        "/etc/cni/net.d/10-lab.conflist": File(cni),
        "/etc/kubernetes/kubeadm.yaml": File(kubeadm, 0o600),
        "/etc/kubernetes/discovery.conf": File(discovery, 0o600),
        "/etc/systemd/system/kubeadm.service": File(join),
        "/var/lib/machine": File(folder=True),
        **_unit(
            "containerd.service",
            (FOLDER / "kubernetes/containerd.service").read_text(),
            wanted_by="multi-user.target",
        ),
        **_unit(
            "kubelet.service",
            (FOLDER / "kubernetes/kubelet.service").read_text(),
            wanted_by="multi-user.target",
        ),
    }


def _control_plane(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    first = machine == plan.control_planes[0]
    policy = "/etc/kubernetes/policy"
    encryption = render("kubernetes/encryption.yaml.j2", secrets=secrets)
    files = _kubernetes(plan, machine, secrets, first=first) | {
        f"{policy}/audit.yaml": _fixed("kubernetes/audit-policy.yaml", 0o600),
        f"{policy}/authentication.yaml": _fixed("kubernetes/authentication.yaml", 0o600),
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


def _worker(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    return _kubernetes(plan, machine, secrets, first=False)


def _etcd(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    names = [machine.name, f"{machine.name}.{plan.domain}", "localhost"]
    server = issue(
        secrets.etcd_ca, machine.name, names=names, addresses=[machine.address, "127.0.0.1"]
    )
    health = issue(secrets.etcd_ca, "kube-etcd-healthcheck-client")
    unit = render("etcd/etcd.service.j2", plan=plan, machine=machine)
    return {
        "/etc/etcd/pki/ca.crt": File(secrets.etcd_ca.certificate),
        "/etc/etcd/pki/ca.key": File(secrets.etcd_ca.key, 0o600),
        "/etc/etcd/pki/server.crt": File(server.certificate),
        "/etc/etcd/pki/server.key": File(server.key, 0o600),
        "/etc/etcd/pki/healthcheck-client.crt": File(health.certificate),
        "/etc/etcd/pki/healthcheck-client.key": File(health.key, 0o600),
        **_unit("etcd.service", unit, wanted_by="multi-user.target"),
    }


def _balancer(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    others = [b for b in plan.balancers if b != machine]
    keepalived = render("balancer/keepalived.conf.j2", plan=plan, machine=machine, others=others)
    return {
        "/etc/haproxy/haproxy.cfg": File(render("balancer/haproxy.cfg.j2", plan=plan)),
        "/etc/haproxy/kubernetes-ca.crt": File(secrets.ca.certificate),
        "/etc/keepalived/keepalived.conf": File(keepalived),
        "/etc/dnsmasq.d/lab.conf": File(render("balancer/dnsmasq.conf.j2", plan=plan)),
        **_enabled("haproxy.service"),
        **_enabled("keepalived.service"),
        **_enabled("dnsmasq.service"),
    }


def _backup(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    stacked = machine.role is Role.CONTROL_PLANE
    offsite = _offsite(plan, machine)
    host_key = secrets.host_keys[offsite.name].public
    script = render(
        "etcd/backup.sh.j2",
        machine=machine,
        offsite=offsite,
        pki="/etc/kubernetes/pki/etcd" if stacked else "/etc/etcd/pki",
        client="healthcheck-client",
        what="etc/kubernetes/pki etc/kubernetes/policy" if stacked else "etc/etcd/pki",
    )
    minute = f"{5 * plan.etcd.index(machine):02d}"
    timer = render("etcd/backup.timer.j2", minute=minute)
    return {
        "/usr/local/lib/machine/etcd-backup.sh": File(script, 0o755),
        "/etc/etcd-backup/key": File(secrets.backup.private, 0o600),
        "/etc/etcd-backup/known_hosts": File(f"{offsite.address} {host_key}"),
        "/etc/systemd/system/etcd-backup.service": _fixed("etcd/backup.service"),
        **_unit("etcd-backup.timer", timer, wanted_by="timers.target"),
    }


def _backup_store(plan: Plan, secrets: Secrets) -> Files:
    folders = render("machine/backup-store.tmpfiles.conf.j2", plan=plan)
    return {
        "/etc/ssh/sshd_config.d/backup-store.conf": _fixed("machine/backup-store.sshd.conf"),
        "/etc/ssh/etcd-backup.pub": File(secrets.backup.public),
        "/etc/systemd/system/ssh.service.d/backup-store.conf": _fixed(
            "machine/backup-store.ssh-unit.conf"
        ),
        "/etc/sysusers.d/backup-store.conf": _fixed("machine/backup-store.sysusers.conf"),
        "/etc/tmpfiles.d/backup-store.conf": File(folders),
    }
