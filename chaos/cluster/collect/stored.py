"""The certificates on a node's disk. Only certificates leave it: no key, no token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chaos.cluster.collect.x509 import Authorities, of_pem
from chaos.cluster.facts import NotAvailable, StoredCertificate
from chaos.cluster.facts.certificates import is_of_authorities
from chaos.cluster.shell import Said, quote

# kubeadm's folders. Rotated certificates of kubelet stay beside the current one: they are no news.
FOLDERS = ("/etc/kubernetes/pki", "/etc/kubernetes/pki/etcd")
KUBELET = "/var/lib/kubelet/pki"
KUBECONFIGS = "/etc/kubernetes"
# Where kubeadm tells its user to copy admin.conf: a copy is renewed by nobody.
COPY = "/root/.kube/config"

_MARK = "== "
_ONLY = "sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p'"


def question(extra: Iterable[str] = ()) -> str:
    """Shell text that prints each file's name and its certificates.

    Args:
        extra: further folders.
    """
    folders = quote(*dict.fromkeys((*FOLDERS, *extra)))
    return f"""
list() {{
    for d in {folders}; do
        # A folder may be a link, and a *.pem hold a key alone.
        find -H "$d" -maxdepth 1 -name '*.crt' 2>/dev/null
        find -H "$d" -maxdepth 1 -name '*.pem' ! -name '*key.pem' \
            -exec grep -l -e '-BEGIN CERTIFICATE-' {{}} + 2>/dev/null
    done
    for f in {KUBELET}/kubelet-client-current.pem {KUBELET}/kubelet-server-current.pem; do
        [ -e "$f" ] && echo "$f"
    done
    [ -e {KUBELET}/kubelet-server-current.pem ] || find {KUBELET} -name kubelet.crt 2>/dev/null
}}
list | sort -u | while IFS= read -r f; do
    echo "{_MARK}$f"
    {_ONLY} "$f" || echo unreadable
done
{{ find {KUBECONFIGS} -maxdepth 1 -name '*.conf' | sort; [ ! -e {COPY} ] || echo {COPY}; }} |
while IFS= read -r f; do
    sed -n 's/.*client-certificate-data: *//p' "$f" | while IFS= read -r data; do
        echo "{_MARK}$f"
        echo "$data" | base64 -d | {_ONLY}
    done
done
"""


def read(
    said: Said, authorities: Authorities | None = None
) -> tuple[StoredCertificate, ...] | NotAvailable:
    """What was printed.

    Args:
        authorities: those that may have signed them; None: not looked at.
    """
    if said.code:
        return NotAvailable(f"its certificates could not be read: {said.why}")
    found: list[StoredCertificate] = []
    for path, text in _files(said.out):
        certificates = of_pem(text, authorities) or [NotAvailable("there is no certificate in it")]
        found += [StoredCertificate(path=path, certificate=one) for one in certificates]
    return tuple(found)


def authorities(outs: Iterable[str], ca: str | None = None) -> Authorities:
    """Those that somebody goes by, out of what machines printed.

    Args:
        ca: those of the API's clients, as PEM.
    """
    files = [file for out in outs for file in _files(out)]
    known = [text for path, text in files if is_of_authorities(path)]
    between = [text for path, text in files if not is_of_authorities(path)]
    return Authorities([*known, ca or ""], between)


def _files(out: str) -> Iterator[tuple[str, str]]:
    for part in f"\n{out}".split(f"\n{_MARK}")[1:]:
        path, _, text = part.partition("\n")
        yield path, text
