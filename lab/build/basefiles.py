"""What a node's root has beside Debian's packages."""

from __future__ import annotations

from collections.abc import Iterator

# The kernel, its clock, consoles and file systems are the host's: what would set them up either
# fails or must not succeed.
MASKED = (
    *("getty.target", "console-getty.service", "dev-hugepages.mount", "sys-kernel-config.mount"),
    *("sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-fs-fuse-connections.mount"),
    *("proc-sys-fs-binfmt_misc.automount", "systemd-binfmt.service", "systemd-timesyncd.service"),
    *("systemd-modules-load.service", "apt-daily.timer", "apt-daily-upgrade.timer"),
    # What they would bring up to date is as debootstrap left it: the layers' times mislead them.
    *("ldconfig.service", "systemd-journal-catalog-update.service", "systemd-firstboot.service"),
    *("dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer"),
)

# A node enables by itself what it is there for.
PRESET = """\
enable ssh.service
enable dbus.socket
disable *
"""

# Parallel probes open many sessions at once, and break some off: that is no attack. A login costs
# no look-up and no banner.
SSHD = """\
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no
UsePAM no
PrintMotd no
PrintLastLog no
MaxSessions 200
MaxStartups 200:30:400
PerSourcePenalties no
LoginGraceTime 20
"""

# The root carries no key, for it is every node's. The first start makes one, unless the lab wrote
# one before; Debian's own check of the configuration needs a key, so it comes after.
SSH_KEY = """\
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -s /etc/ssh/ssh_host_ed25519_key || \\
    ssh-keygen -q -t ed25519 -N "" -C "" -f /etc/ssh/ssh_host_ed25519_key'
ExecStartPre=/usr/sbin/sshd -t
"""

# What happened before a power cut is worth reading after it.
JOURNALD = """\
[Journal]
Storage=persistent
SystemMaxUse=64M
RuntimeMaxUse=16M
ForwardToSyslog=no
RateLimitIntervalSec=0
"""

CRICTL = """\
runtime-endpoint: unix:///run/containerd/containerd.sock
image-endpoint: unix:///run/containerd/containerd.sock
timeout: 10
"""

FILES = {
    "etc/machine-id": "",
    "etc/hostname": "localhost\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    "etc/resolv.conf": "",
    "etc/motd": "",
    "etc/locale.conf": "LANG=C.UTF-8\n",
    "etc/apt/sources.list": "",
    "etc/crictl.yaml": CRICTL,
    "etc/ssh/sshd_config.d/10-holdfast.conf": SSHD,
    "etc/systemd/journald.conf.d/10-holdfast.conf": JOURNALD,
    "etc/systemd/system-preset/00-holdfast.preset": PRESET,
    "etc/systemd/system/ssh.service.d/10-host-key.conf": SSH_KEY,
}

LINKS = {
    **{f"etc/systemd/system/{unit}": "/dev/null" for unit in MASKED},
    # It would listen on sockets that nobody asked for.
    "etc/systemd/system-generators/systemd-ssh-generator": "/dev/null",
    # Debian keeps the plugins elsewhere than kubelets and containerd look for them.
    "opt/cni/bin": "/usr/lib/cni",
}

# nspawn and kubelet look for modules; runtimes want these to be there.
FOLDERS = ("usr/lib/modules", "etc/cni/net.d", "etc/kubernetes", "var/log/journal", "root/.ssh")


def all_text() -> Iterator[str]:
    """All of the above, to be hashed into the name of the root."""
    for name, text in (*FILES.items(), *LINKS.items()):
        yield name
        yield text
    yield from FOLDERS
