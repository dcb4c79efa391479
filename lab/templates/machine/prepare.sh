#!/bin/sh
# Runs once a boot, before containerd: what a machine of metal would have from its kernel.
set -eu

# containerd and kubelet make groups of their own in every controller.
for group in /sys/fs/cgroup/*; do
    mountpoint -q "$group" && mount -o remount,rw,bind "$group"
done
mountpoint -q /sys/fs/cgroup && mount -o remount,rw,bind /sys/fs/cgroup || true

# Pods' mounts must reach the machine and back.
mount --make-rshared /

# The host's processors and memory are not this machine's: show kubelet the machine's own limits.
mount --bind /usr/local/lib/machine/meminfo /proc/meminfo
if [ -d /sys/devices/system/node ]; then
    mount --bind /usr/local/lib/machine/numa /sys/devices/system/node
fi

# kubelet insists on these (pkg/kubelet/cm, setupKernelTunables), but the kernel is the host's and
# stays as it is: the machine is shown the values.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    shown=/run/machine/${setting%=*}
    mkdir -p "${shown%/*}"
    echo "${setting#*=}" >"$shown"
    mount --bind "$shown" "/proc/sys/${setting%=*}"
done

# /proc/sys is read-only here but for the network's part, which sysctl.d names.
sysctl --quiet --load=/etc/sysctl.d/99-kubernetes.conf

# Pods have no business with etcd, kubelet and the pages of statistics.
nft --file /usr/local/lib/machine/pods.nft
