"""Which file systems a machine is asked about: the usual ones, and those it is told to use."""

from __future__ import annotations

PATHS = (
    *("/", "/var/lib/etcd", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/containers"),
    *("/var/lib/docker", "/var/log"),
)
_TOLD = r"""
told() {
    for q in $(pidof etcd kubelet); do
        words=$(tr '\0' '\n' <"/proc/$q/cmdline")
        echo "$words" | sed -nE -e 's/^--(data-dir|wal-dir|root-dir)=//p' \
            -e '/^--(data-dir|wal-dir|root-dir)$/{n;p}'
        f=$(echo "$words" | sed -n 's/^--config-file=//p')
        [ -r "$f" ] && sed -nE 's/^(data-dir|wal-dir): *//p' "$f" | tr -d "\"'"
        tr '\0' '\n' <"/proc/$q/environ" | sed -nE 's/^ETCD_(DATA|WAL)_DIR=//p'
    done
    sed -nE 's/^ *root *= *//p' /etc/containerd/config.toml | tr -d "\"'"
}
"""
QUESTION = f"""{_TOLD}
for p in {" ".join(PATHS)} $(told 2>/dev/null); do
    [ -d "$p" ] && df -B1 --output=target,size,avail,itotal,iavail "$p" | sed -n "2s,^,$p ,p"
done
true
"""
