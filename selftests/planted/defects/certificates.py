"""The apiservers' certificates. An apiserver reads its own anew when the file changes."""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import Any

from lab.errors import LabError
from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.balancers import reload, seen_by
from selftests.planted.signing import anew, fingerprint

FILE = "/etc/kubernetes/pki/apiserver.crt"
WHERE = "cp-2"
_SHOWS = rf"the apiserver of {WHERE} \([\d.:]+\) shows a certificate"


class CertificateWithoutAddress(Defect):
    """One apiserver's certificate lacks the balancer's address, as one renewed by hand may.

    The balancer notices nothing, for its check goes by the name, as the clients inside do; and so
    must `holdfast` here, or it would itself be a client that one apiserver of three cannot serve.
    kubeadm's certSANs have the address, which is an item of its own.
    """

    name = "certificate-without-address"
    item = "certificates-name-balancer"
    also = frozenset({"kubeadm-cert-sans"})
    evidence = rf"{_SHOWS} without 198\.18\.\d+\.100: it is for "
    quick = True

    def plant(self, bench: Bench) -> None:
        plan = bench.fleet.plan

        def by_name(kubeconfig: Any) -> None:
            kubeconfig["clusters"][0]["cluster"]["tls-server-name"] = plan.api_name

        bench.change_kubeconfig(by_name)
        _sign(bench, without=[plan.virtual_ip])

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)
        bench.own_inventory()


class CertificateWithoutBalancer(Defect):
    """One apiserver's certificate names neither the balancer nor its address.

    This lab's balancers verify the name, as most do not: they give that apiserver up, which the
    item about them must tell as well. They do so at their next start or reload: as long as HAProxy
    can resume the TLS session of its last check, it is shown no certificate. That the name is
    lacking at all, and that kubeadm's certSANs have it, are other items' to say.
    """

    name = "certificate-without-balancer"
    item = "certificates-name-balancer"
    also = frozenset(
        {"balancer-sees-apiservers", "certificates-names-complete", "kubeadm-cert-sans"}
    )
    evidence = rf"{_SHOWS} without api\.\S+, 198\.18\.\d+\.100: it is for "

    def plant(self, bench: Bench) -> None:
        plan = bench.fleet.plan
        _sign(bench, without=[plan.api_name, plan.virtual_ip])
        _balancers_have(bench, "DOWN")

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)
        # Anew, or what they count would tell for long that nobody was sent to that apiserver.
        _balancers_have(bench, "UP")


class CertificateEndsSoon(Defect):
    """One apiserver's certificate ends in 20 days; nothing else is wrong with it."""

    name = "certificate-ends-soon"
    item = "certificates-30-days"
    evidence = rf"what the apiserver of {WHERE} \([\d.:]+\) shows expires on [\d-]+, in 19 days"

    def plant(self, bench: Bench) -> None:
        _sign(bench, left=timedelta(days=20))

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)


class CertificateWithoutService(Defect):
    """One apiserver's certificate lacks a name of the Service kubernetes, by which Pods ask."""

    name = "certificate-without-service"
    item = "certificates-names-complete"
    evidence = rf"{_SHOWS} without kubernetes\.default\.svc$"

    def plant(self, bench: Bench) -> None:
        _sign(bench, without=["kubernetes.default.svc"])

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)


def _sign(bench: Bench, *, without: list[str] | None = None, left: timedelta | None = None) -> None:
    authority = bench.authority

    def change(pem: str) -> str:
        return anew(pem, authority, without=without or (), left=left)

    bench.change_file(WHERE, FILE, change)
    _until_shown(bench)


def _as_it_was(bench: Bench) -> None:
    bench.put_back(WHERE, FILE)
    _until_shown(bench)


def _until_shown(bench: Bench) -> None:
    """Wait until the apiserver shows what lies on its disk; it looks once a minute at least."""
    wanted = fingerprint(bench.on(WHERE, f"cat {FILE}"))
    address = bench.machine(WHERE).address

    def shown() -> bool:
        try:
            return fingerprint(ssl.get_server_certificate((address, 6443), timeout=5)) == wanted
        except OSError as wrong:
            raise LabError(f"{WHERE} does not answer: {wrong}.") from None

    until(shown, f"the apiserver of {WHERE} shows its certificate", timeout=90)


def _balancers_have(bench: Bench, state: str) -> None:
    """Let all balancers look anew, and wait until each has it so."""
    names = [balancer.name for balancer in bench.fleet.plan.balancers]
    for name in names:
        reload(bench, name)
    until(
        lambda: {seen_by(bench, name)[WHERE] for name in names} == {state},
        f"balancers have {WHERE} {state}",
        timeout=30,
    )
