"""The API as Pods reach it."""

from __future__ import annotations

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes import probe
from chaos.probes.asked import Asked
from chaos.probes.curl import judged
from chaos.probes.remote import SLOW, Said, loop

KUBELET = "/var/lib/kubelet"
_GONE = 99

_FIND = """
for tool in crictl nsenter unshare curl; do
  command -v $tool >/dev/null || {{ echo there is no $tool; exit 1; }}
done
id=$(crictl pods -q --state Ready --label {label} | head -n 1)
[ -n "$id" ] || {{ echo no Pod with the label {label} is here; exit 1; }}
of() {{ printf %s "$pod" | grep -o "$1" | head -n 1 | cut -d '"' -f "$2"; }}
pod=$(crictl inspectp "$id")
net=$(of '"/[^"]*/netns/[^"]*"' 2)
[ -e "$net" ] || {{ echo the Pod has no network of its own; exit 1; }}
uid=$(of '"io.kubernetes.pod.uid": *"[^"]*"' 4)
for one in {kubelet}/pods/"$uid"/volumes/kubernetes.io~projected/*/; do
  [ -r "$one/token" ] && account=$one
done
[ -n "$account" ] || {{ echo the Pod has no token; exit 1; }}
export net account"""

_RESOLVER = """
mount -t tmpfs -o size=64k tmpfs /mnt &&
printf '%s\\n' {resolv} >/mnt/resolv.conf &&
printf 'hosts: files dns\\n' >/mnt/nsswitch.conf &&
mount --bind /mnt/resolv.conf /etc/resolv.conf &&
{{ [ ! -e /etc/nsswitch.conf ] || mount --bind /mnt/nsswitch.conf /etc/nsswitch.conf; }}"""


def asking(*, label: str, dns: str, domain: str, url: str = "/readyz") -> str:
    """The shell text that enters the network of a Pod of this machine and asks the API from there.

    The Pod itself is not entered: its image need not have anything. Its token and the cluster's
    authority are read where kubelet put them, on the machine, and stay there. The resolver's
    configuration is that of a Pod with the policy ClusterFirst, in a mount namespace that ends with
    the shell.

    Args:
        label: of the Pod, as `k8s-app=kube-dns`. One that may ask the API, and has a token.
        dns: the address of the cluster's DNS Service.
        domain: the cluster's, as `cluster.local`.
        url: path and query.
    """
    resolv = f"nameserver {dns}\nsearch svc.{domain} {domain}\noptions ndots:5 timeout:1 attempts:1"
    inside = loop(
        # The network's file goes with the Pod. What fails from then on is no news of the API, and
        # the next shell looks for another Pod.
        f'[ -e "$net" ] || {{ kill $$; exit {_GONE}; }}\n'
        'read -r token <"$account/token"\n'
        'printf \'header = "Authorization: Bearer %s"\\n\' "$token" | '
        "curl --silent --config - --max-time 0.9 --output /dev/null --write-out '%{http_code}' "
        f'--cacert "$account/ca.crt" {quote(f"https://kubernetes.default{url}")}',
        before=_RESOLVER.format(resolv=quote(resolv)),
    )
    enter = f'exec nsenter --net="$net" unshare --mount sh -c {quote(inside)}'
    return f"{_FIND.format(label=quote(label), kubelet=KUBELET)}\n{enter}"


@probe("pod-network", rate=1.0, timeout=2.0, slow=SLOW)
class PodNetwork(Asked):
    """A GET of `https://kubernetes.default`, over a new connection from inside a Pod's network.

    So the Pod's interface, kube-proxy and the cluster's DNS have a part in it. When the Pod has
    gone the sample is not_sent.

    Options: as in `Remote`, with `asking` as the shell's text.
    """

    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """As the API answered; not_sent when the Pod has gone."""
        if said.code == _GONE:
            attempt.note(why="the Pod whose network was used has gone")
            return Outcome.NOT_SENT
        return judged(said.code, said.out.strip()[-3:], attempt)
