"""Kubelets' certificates, and what they tell strangers."""

from __future__ import annotations

import re
from datetime import timedelta

from lab.pki import Pair, authority, issue
from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.scraped import until_scraped
from selftests.planted.signing import anew

CONFIG = "/var/lib/kubelet/config.yaml"
SERVING = "/var/lib/kubelet/pki/kubelet-server-current.pem"


class RenewedAndNotLoaded(Defect):
    """A kubelet's certificate was renewed by hand, and kubelet serves the old one yet."""

    name = "renewed-and-not-loaded"
    item = "certificates-live-equal-disk"
    evidence = rf"kubelet of worker-2 \([\d.:]+\) shows one .*, and {SERVING} holds another"

    def plant(self, bench: Bench) -> None:
        def change(text: str) -> str:
            key = text[text.index("-----BEGIN", text.index("-----END CERTIFICATE")) :]
            return anew(text, bench.authority, left=timedelta(days=300)) + key

        bench.change_file("worker-2", _real(bench, "worker-2"), change)

    def mend(self, bench: Bench) -> None:
        bench.put_back("worker-2", _real(bench, "worker-2"))


class SignedByItself(Defect):
    """A kubelet serves a certificate that the cluster's authority never saw.

    Who signed what lies on its disk is the chain's item to tell as well. Prometheus and the
    apiservers believe the cluster's authority alone: it is scraped in vain, and gives them no logs.
    """

    name = "signed-by-itself"
    item = "kubelet-serving-certificates"
    also = frozenset({"certificates-chain", "scraped-kubelets", "apiservers-reach-kubelets"})
    evidence = r"kubelet of worker-3 \([\d.:]+\) shows one that CN=worker-3-ca signed itself"

    def plant(self, bench: Bench) -> None:
        worker = bench.machine("worker-3")
        own: Pair = issue(
            authority("worker-3-ca"),
            "system:node:worker-3",
            organization="system:nodes",
            names=["worker-3"],
            addresses=[worker.address],
        )
        real = _real(bench, "worker-3")
        bench.change_file("worker-3", real, lambda _: own.certificate + own.key)
        restart_kubelet(bench, "worker-3", scraped=False)

    def mend(self, bench: Bench) -> None:
        bench.put_back("worker-3", _real(bench, "worker-3"))
        restart_kubelet(bench, "worker-3")


class NoRotation(Defect):
    """One kubelet is told to keep its certificate: in a year its node is gone.

    The file alone is changed: kubelet reads it when it starts.
    """

    name = "no-rotation"
    item = "kubelet-certificate-rotation"
    evidence = r"kubelet on worker-2 has rotateCertificates: false"

    def plant(self, bench: Bench) -> None:
        old, new = "rotateCertificates: true", "rotateCertificates: false"
        bench.change_file("worker-2", CONFIG, lambda text: text.replace(old, new))

    def mend(self, bench: Bench) -> None:
        bench.put_back("worker-2", CONFIG)


class KubeletForAnybody(Defect):
    """One kubelet takes orders from anybody, as it does where nothing is configured."""

    name = "kubelet-for-anybody"
    item = "kubelet-authentication"
    evidence = r"the kubelet of worker-3 answers /pods to anybody"

    def plant(self, bench: Bench) -> None:
        def change(text: str) -> str:
            text = re.sub(r"(anonymous:\s+enabled:) false", r"\1 true", text)
            return re.sub(r"mode: Webhook", "mode: AlwaysAllow", text)

        bench.change_file("worker-3", CONFIG, change)
        restart_kubelet(bench, "worker-3")

    def mend(self, bench: Bench) -> None:
        bench.put_back("worker-3", CONFIG)
        restart_kubelet(bench, "worker-3")


def restart_kubelet(bench: Bench, machine: str, *, scraped: bool = True) -> None:
    """Start a kubelet anew; return when it serves and its node is Ready.

    Args:
        scraped: whether Prometheus will believe it.
    """
    bench.on(machine, "systemctl restart kubelet.service")
    healthy = "curl --silent --fail http://127.0.0.1:10248/healthz || true"
    until(lambda: bench.on(machine, healthy) == "ok", f"kubelet on {machine} is well", timeout=60)
    listens = "ss --listening --tcp --no-header --numeric 'sport = :10250' | head -n 1"
    until(lambda: bench.on(machine, listens).strip(), f"kubelet on {machine} serves", timeout=30)
    bench.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"node/{machine}", timeout=70)
    until_scraped(bench, but=[] if scraped else [f"{bench.machine(machine).address}:10250"])


def _real(bench: Bench, machine: str) -> str:
    """The file that the link leads to: kubelet gives each certificate a file of its own."""
    return bench.on(machine, f"readlink -f {SERVING}").strip()
