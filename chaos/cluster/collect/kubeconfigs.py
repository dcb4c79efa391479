"""The kubeconfigs on a node's disk: whom they point to, without their credentials."""

from __future__ import annotations

from chaos.cluster.collect import stored
from chaos.cluster.collect.x509 import of_pem
from chaos.cluster.facts import Certificate, KubeconfigFile, NotAvailable
from chaos.cluster.shell import Said

_MARK, _SERVER = "== ", "server "
_ONLY = "sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p'"


def question() -> str:
    """Shell text that prints each file's name, the API's URL in it and the authorities."""
    return f"""
find {stored.KUBECONFIGS} -maxdepth 1 -name '*.conf' | sort | while IFS= read -r f; do
    echo "{_MARK}$f"
    sed -nE 's/^[ -]*server: *"?([^" ]*)"? *$/{_SERVER}\\1/p' "$f" | head -n 1
    sed -nE 's/^ *certificate-authority-data: *//p' "$f" | while IFS= read -r data; do
        echo "$data" | base64 -d | {_ONLY}
    done
    sed -nE 's/^ *certificate-authority: *"?([^" ]*)"? *$/\\1/p' "$f" | while IFS= read -r ca; do
        {_ONLY} "$ca"
    done
done
true
"""


def read(said: Said) -> tuple[KubeconfigFile, ...] | NotAvailable:
    """What was printed; files that are no kubeconfigs are left out."""
    if said.code:
        return NotAvailable(f"its kubeconfigs could not be read: {said.why}")
    found = []
    for part in f"\n{said.out}".split(f"\n{_MARK}")[1:]:
        path, _, text = part.partition("\n")
        lines = text.splitlines()
        servers = [x.removeprefix(_SERVER) for x in lines if x.startswith(_SERVER)]
        if not servers:
            continue
        known = [one.sha256 for one in of_pem(text) if isinstance(one, Certificate)]
        found.append(KubeconfigFile(path=path, server=servers[0], authorities=tuple(known)))
    return tuple(found)
