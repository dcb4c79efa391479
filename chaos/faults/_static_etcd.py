"""Actions on etcd as a static Pod of kubeadm's."""

from __future__ import annotations

from chaos.faults._shell import PROCESSES
from chaos.safety.plan import NodeAction

_ETCD = r"""
manifest="${HOLDFAST_ROOT:-}/etc/kubernetes/manifests/etcd.yaml"
containers() {
    crictl ps --quiet --state Running --label io.kubernetes.container.name=etcd \
        --label io.kubernetes.pod.namespace=kube-system
}
processes() {
    for id in $(containers); do
        crictl inspect --output go-template --template '{{.info.pid}}' "$id"
    done
}
# The file within /run that lies over the manifest, if one of ours does.
ours() {
    findmnt --raw --noheadings --output FSROOT --mountpoint "$manifest" 2>/dev/null |
        grep -F holdfast/ | tail -n 1
}
"""

_PRECHECK = f"""{_ETCD}
[ -s "$manifest" ] || {{ echo "there is no manifest of etcd, or an empty one"; exit 1; }}
[ -n "$(containers)" ] || {{ echo "no container of etcd is running"; exit 1; }}
[ -z "$(ours)" ] || {{ echo "its manifest is covered already"; exit 1; }}
"""

_PROJECTION = f"""{_ETCD}{PROCESSES}
sha256sum "$manifest"
echo "over it: $(ours)"
echo "kept down: $(systemctl show --property=ActiveState --value holdfast-etcd.service)"
{{ processes 2>/dev/null || :; }} | stopped_of
"""

# Until kubelet has looked at the manifest, which may take it 20 s (fileCheckFrequency), it
# restarts what was stopped. When it has, it takes the Pod's sandbox away: then this ends.
_KEEPER = f"""{_ETCD}
sandboxes() {{
    crictl pods --quiet --state Ready --label component=etcd --namespace kube-system
}}
tries=0
while [ "$tries" -lt 120 ] && [ -n "$(sandboxes)" ]; do
    for id in $(containers); do crictl stop --timeout 0 "$id"; done
    tries=$((tries + 1))
    sleep 0.5
done
"""


def stop(node: str) -> NodeAction:
    """Cover the manifest with an empty file, which is never moved, and stop the container."""
    return NodeAction(
        node=node,
        precheck=_PRECHECK,
        inject=f"""{_ETCD}
: >"$HOLDFAST_DIR/empty.yaml"
cat >"$HOLDFAST_DIR/keeper" <<'KEEPER'
{_KEEPER}KEEPER
mount --bind "$HOLDFAST_DIR/empty.yaml" "$manifest"
for id in $(containers); do crictl stop --timeout 0 "$id"; done
systemd-run --quiet --collect --unit=holdfast-etcd --description="holdfast: etcd stays down" \\
    /bin/sh -eu "$HOLDFAST_DIR/keeper"
""",
        undo=f"""{_ETCD}
systemctl stop holdfast-etcd.service 2>/dev/null || :
tries=0
while [ -n "$(ours)" ] && [ "$tries" -lt 20 ]; do
    # kubelet may be reading it just now.
    umount "$manifest" || sleep 0.2
    tries=$((tries + 1))
done
[ -z "$(ours)" ] || umount --lazy "$manifest"
""",
        manifested=f"""{_ETCD}
over=$(ours)
running=$(containers)
echo "over the manifest: ${{over:-nothing}}; running containers of etcd: ${{running:-none}}"
[ -n "$over" ] && [ -z "$running" ]
""",
        projection=_PROJECTION,
    )


def pause(node: str) -> NodeAction:
    """SIGSTOP etcd. After 80 s kubelet's liveness probe kills it, by kubeadm's manifest."""
    return NodeAction(
        node=node,
        precheck=_PRECHECK,
        inject=f"""{_ETCD}{PROCESSES}
for pid in $(processes); do pause "$pid"; done
""",
        undo=f"{PROCESSES}\nresume_all\n",
        manifested=f"{PROCESSES}\nall_paused\n",
        projection=_PROJECTION,
    )
