"""HAProxy as kubeadm's guide to high availability sets it; what is not the guide's stays the lab's.

Source: kubeadm, "High Availability Considerations", haproxy configuration. Its servers have a bare
`check`, so `inter` 2 s and `fall` 3, which are HAProxy's own; of its three checks the last one
counts, `option ssl-hello-chk`; and nothing ends the sessions of a server that is down.
"""

from __future__ import annotations

import re

_CHANGES = {
    r"option redispatch 1": "option redispatch",
    r"retries \d+": "retries 1",
    r"timeout connect \S+": "timeout connect 5s",
    r"timeout queue \S+": "timeout queue 20s",
    r"timeout check \S+": "timeout check 10s",
    r"timeout client \S+": "timeout client 20s",
    r"timeout server \S+": "timeout server 20s",
    r"balance \S+": "balance roundrobin",
    r"option httpchk": "option ssl-hello-chk",
    r"http-check send .*": "",
    r"http-check expect .*": "",
    r"default-server check .*": "default-server check",
}


def as_the_guide_has_it(config: str) -> str:
    """The lab's haproxy.cfg with the guide's settings.

    Raises:
        ValueError: one of the settings to change stands there not once.
    """
    for pattern, instead in _CHANGES.items():
        config, count = re.subn(rf"(?m)^ +{pattern}$", f"    {instead}".rstrip(), config)
        if count != 1:
            raise ValueError(f"{pattern!r} stands {count} times in haproxy.cfg")
    return config
