"""HAProxy as kubeadm's guide to high availability sets it; what is not the guide's stays the lab's.

Source: kubeadm, docs/ha-considerations.md, "haproxy configuration". Its servers have a bare
`check`, so `inter` 2 s and `fall` 3, which are HAProxy's own, and nothing ends the sessions of a
server that is down. Until May 2024 the last of three checks counted, `option ssl-hello-chk`, which
greets and waits; since then the check speaks TLS and asks for /healthz.
"""

from __future__ import annotations

import re

GUIDE, OLD_GUIDE = "the guide's", "the guide's until May 2024"

_BOTH = {
    r"option redispatch 1": "option redispatch",
    r"retries \d+": "retries 1",
    r"timeout connect \S+": "timeout connect 5s",
    r"timeout queue \S+": "timeout queue 20s",
    r"timeout check \S+": "timeout check 10s",
    r"balance \S+": "balance roundrobin",
}
_CHANGES = {
    GUIDE: {
        **_BOTH,
        r"timeout client \S+": "timeout client 35s",
        r"timeout server \S+": "timeout server 35s",
        r"http-check send .*": "http-check connect ssl\n    http-check send meth GET uri /healthz",
        r"default-server check .*": "default-server check verify none",
    },
    OLD_GUIDE: {
        **_BOTH,
        r"timeout client \S+": "timeout client 20s",
        r"timeout server \S+": "timeout server 20s",
        r"option httpchk": "option ssl-hello-chk",
        r"http-check send .*": "",
        r"http-check expect .*": "",
        r"default-server check .*": "default-server check",
    },
}


def as_the_guide_has_it(config: str, *, which: str = GUIDE) -> str:
    """The lab's haproxy.cfg with the settings of the guide, or of the one before.

    Raises:
        ValueError: one of the settings to change stands there not once.
    """
    for pattern, instead in _CHANGES[which].items():
        config, count = re.subn(rf"(?m)^ +{pattern}$", f"    {instead}".rstrip(), config)
        if count != 1:
            raise ValueError(f"{pattern!r} stands {count} times in haproxy.cfg")
    return config
