"""Certificates and keys on the disks of control planes, of which no program that runs has need."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

from lab.pki import authority
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.signing import Authority, anew

PKI = "/etc/kubernetes/pki"
PROXY_CA, PROXY_CLIENT = f"{PKI}/front-proxy-ca.crt", f"{PKI}/front-proxy-client.crt"
PROXY_KEY = f"{PKI}/front-proxy-ca.key"
KUBELET = "/etc/kubernetes/kubelet.conf"


class AuthorityEndsSoon(Defect):
    """The front proxy's authority ends in 200 days, on all control planes.

    It was signed again with its own key, so what it signed before holds.
    """

    name = "authority-ends-soon"
    item = "authorities-one-year"
    evidence = rf"CN=front-proxy-ca \({PROXY_CA} on cp-1, .*\) expires on [\d-]+, in 199 days"

    def plant(self, bench: Bench) -> None:
        ca = _front_proxy(bench)
        new = anew(ca.certificate, ca, left=timedelta(days=200))
        for cp in bench.fleet.plan.control_planes:
            bench.change_file(cp.name, PROXY_CA, lambda _: new)

    def mend(self, bench: Bench) -> None:
        for cp in bench.fleet.plan.control_planes:
            bench.put_back(cp.name, PROXY_CA)


class AnotherAuthorityTrusted(Defect):
    """One worker's kubeconfig trusts another authority, as after a cluster that was made anew.

    The file alone is changed: kubelet reads it when it starts.
    """

    name = "another-authority-trusted"
    item = "certificates-chain"
    evidence = rf"{KUBELET} on worker-2 trusts another authority"

    def plant(self, bench: Bench) -> None:
        other = base64.b64encode(authority("kubernetes").certificate.encode()).decode()
        name = "certificate-authority-data"

        def change(text: str) -> str:
            return re.sub(rf"{name}: .*", f"{name}: {other}", text)

        bench.change_file("worker-2", KUBELET, change)

    def mend(self, bench: Bench) -> None:
        bench.put_back("worker-2", KUBELET)


class NotForClients(Defect):
    """The front proxy's certificate was made for servers: what stands behind it turns it away."""

    name = "not-for-clients"
    item = "certificates-usage"
    evidence = rf"{PROXY_CLIENT} on cp-3 may not be used for clientAuth"

    def plant(self, bench: Bench) -> None:
        ca = _front_proxy(bench)
        bench.change_file("cp-3", PROXY_CLIENT, lambda pem: anew(pem, ca, usages=["serverAuth"]))

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-3", PROXY_CLIENT)


class KeyOfAnotherAuthority(Defect):
    """One control plane has another front proxy's authority's key: what it signs is refused."""

    name = "key-of-another-authority"
    item = "authorities-equal"
    evidence = rf"{PROXY_KEY} on cp-2 does not fit the certificate beside it"

    def plant(self, bench: Bench) -> None:
        other = authority("front-proxy-ca").key
        bench.change_file("cp-2", PROXY_KEY, lambda _: other)

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-2", PROXY_KEY)


class TokensOfAnotherKey(Defect):
    """One control plane was given keys of its own for service accounts, as by `init phase certs`.

    The files alone are changed: at its next start it refuses the others' tokens.
    """

    name = "tokens-of-another-key"
    item = "service-account-keys-equal"
    evidence = r"the key of service accounts is not one: .*sa\.key on cp-2"

    def plant(self, bench: Bench) -> None:
        other = authority("sa").key
        bench.change_file("cp-2", f"{PKI}/sa.key", lambda _: other)

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-2", f"{PKI}/sa.key")


class KeyForEverybody(Defect):
    """Somebody made a key readable to look at it: any user of the machine may take it."""

    name = "key-for-everybody"
    item = "private-keys-private"
    evidence = rf"{PKI}/apiserver\.key on cp-2 has the mode 644"

    def plant(self, bench: Bench) -> None:
        bench.on("cp-2", f"chmod 644 {PKI}/apiserver.key")

    def mend(self, bench: Bench) -> None:
        bench.on("cp-2", f"chmod 600 {PKI}/apiserver.key")


def _front_proxy(bench: Bench) -> Authority:
    certificate, key = (bench.on("cp-1", f"cat {path}") for path in (PROXY_CA, PROXY_KEY))
    return Authority(certificate, key)
