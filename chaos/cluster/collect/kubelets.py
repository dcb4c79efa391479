"""A kubelet's settings, from its configuration file and from how it was called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chaos.cluster.collect.components import flags
from chaos.cluster.facts import Kubelet, NotAvailable
from chaos.cluster.shell import Said

CONFIG = "/var/lib/kubelet/config.yaml"
_MARK = "== flags"
# The flags that are called otherwise in the file, and go over it.
_FLAGS = {
    "rotate-certificates": "rotateCertificates",
    "rotate-server-certificates": "serverTLSBootstrap",
    "anonymous-auth": "authentication.anonymous.enabled",
    "client-ca-file": "authentication.x509.clientCAFile",
    "authorization-mode": "authorization.mode",
    "read-only-port": "readOnlyPort",
    "cluster-domain": "clusterDomain",
}


def question() -> str:
    """Shell text that prints what of the configuration can hold no secret, and those flags."""
    wanted = "|".join(("config", *_FLAGS))
    return f"""
p=$(pidof kubelet | cut -d ' ' -f 1)
[ -n "$p" ] || {{ echo no kubelet runs >&2; exit 1; }}
words=$(tr '\\0' '\\n' <"/proc/$p/cmdline")
f=$(echo "$words" | sed -n 's/^--config=//p' | tail -n 1)
f=${{f:-{CONFIG}}}
[ -r "$f" ] && awk '/^staticPodURLHeader/ {{ keep = 0; next }}
/^[A-Za-z]/ {{ keep = /^(authentication|authorization):/; if (keep || $0 ~ /: *[^ ]/) print; next }}
keep {{ print }}' "$f"
echo '{_MARK}'
echo "$words" | grep -E '^--({wanted})=' || true
"""


def read(node: str, said: Said) -> Kubelet | NotAvailable:
    """What was printed."""
    if said.code:
        return NotAvailable(f"its kubelet's settings could not be read: {said.why}")
    text, _, words = said.out.partition(_MARK)
    try:
        content = YAML(typ="safe", pure=True).load(text) or {}
    except YAMLError:
        return NotAvailable("its kubelet's configuration is no YAML")
    settings = dict(_flat(content)) if isinstance(content, dict) else {}
    for name, value in flags(words.split()).items():
        if name in _FLAGS:
            settings[_FLAGS[name]] = value
    return Kubelet(node=node, settings=settings)


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        elif not isinstance(value, list):
            yield f"{above}{name}", str(value).lower() if isinstance(value, bool) else str(value)
