"""Certificates: what would cut the lab's own clients off, or those that see it."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.facts import Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded


@recorded(
    "certificates-names-complete",
    r"the apiserver of cp-2 \([\d.:]+\) shows a certificate without [\d.]+$",
)
def certificate_without_the_services_address(facts: Facts) -> Facts:
    """One apiserver's certificate lacks the Service's address: a third of what Pods ask fails."""
    (service,) = (s for s in the.known(facts.services) if str(s) == "default/kubernetes")
    served = the.known(facts.served_certificates)
    (mine,) = (one for one in served if (one.what, one.node) == ("apiserver", "cp-2"))
    certificate = the.known(mine.certificate)
    left = tuple(a for a in certificate.addresses if a not in service.addresses)
    less = replace(mine, certificate=replace(certificate, addresses=left))
    shown = tuple(less if one is mine else one for one in served)
    return replace(facts, served_certificates=shown)


@recorded("certificates-chain", r"the endpoint \([\d.:]+\) shows one that .* signed, an authority")
def endpoint_of_another_authority(facts: Facts) -> Facts:
    """The endpoint shows a certificate with the right names, of an authority nobody here knows."""
    return the.among("served_certificates", lambda one: one.what == "endpoint", trusted=False)(
        facts
    )


@recorded("authorities-equal", r"there is no pki/ca\.key on cp-3, and there is on cp-1, cp-2")
def control_plane_without_the_key(facts: Facts) -> Facts:
    """One control plane lacks the authority's key: as the leader it signs nothing."""

    def without(keys: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(k for k in keys if not getattr(k, "path", "").endswith("/pki/ca.key"))

    return the.entry("keys", "cp-3", without)(facts)
