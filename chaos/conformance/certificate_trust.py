"""Authorities, as those who check certificates have them: a file may hold several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from chaos.cluster.facts import Certificate, Facts, NotAvailable
from chaos.conformance.machines import is_control_plane
from chaos.conformance.programs import APISERVER, ETCD

CLUSTER, OF_ETCD = "/kubernetes/pki/ca.crt", "/etcd/ca.crt"
# The flags that name the authorities of etcd, and the one that names that of kubelets.
_ETCD_FLAGS = (
    (APISERVER, "etcd-cafile"),
    (ETCD, "trusted-ca-file"),
    (ETCD, "peer-trusted-ca-file"),
)
_KUBELET_FLAGS = ((APISERVER, "kubelet-certificate-authority"),)


@dataclass(frozen=True)
class Trust:
    """The authorities on the disks of a cluster's machines."""

    facts: Facts

    def beside(self, node: str, *ends: str) -> set[str]:
        """Fingerprints of the authorities in a machine's files whose paths end so."""
        return {one.sha256 for path, one in self._of(node) if path.endswith(ends)}

    def cluster(self) -> set[str]:
        """Of those that the control planes take for the cluster's; of workers where none is read.

        Where no disk is read, of those that signed what apiservers show and clients trust.
        """
        nodes = () if isinstance(self.facts.nodes, NotAvailable) else self.facts.nodes
        planes = [n.name for n in nodes if is_control_plane(n)]
        for where in (planes, list(self.facts.stored_certificates)):
            if found := {sha for node in where for sha in self.beside(node, CLUSTER)}:
                return found
        served = self.facts.served_certificates
        return {
            one.certificate.signer
            for one in (() if isinstance(served, NotAvailable) else served)
            if one.trusted and isinstance(one.certificate, Certificate) and one.certificate.signer
        }

    def kubelets(self) -> set[str]:
        """Of those that may have signed what kubelets show."""
        return self.cluster() | self._flagged(_KUBELET_FLAGS)

    def etcd(self) -> set[str]:
        """Of those that may have signed what members of etcd show."""
        every = self.facts.stored_certificates
        known = {sha for node in every for sha in self.beside(node, OF_ETCD)}
        return known | self._flagged(_ETCD_FLAGS)

    def holds(self, authorities: Iterable[str], signer: str | None) -> bool:
        """Whether it is one of these that signed, or one above who did.

        An authority that was made anew with its old key is the same to who checks signatures.
        """
        wanted = set(authorities)
        keys = {one.key for one in map(self._known.get, wanted) if one and one.key}
        for sha in self._up(signer or ""):
            one = self._known.get(sha)
            if sha in wanted or (one is not None and one.key in keys):
                return True
        return False

    def _up(self, signer: str) -> Iterator[str]:
        """The authority, who signed that, and so on."""
        seen: set[str] = set()
        while signer and signer not in seen:
            seen.add(signer)
            yield signer
            one = self._known.get(signer)
            signer = (one.signer if one else None) or ""

    @cached_property
    def _known(self) -> dict[str, Certificate]:
        every = self.facts.stored_certificates
        return {one.sha256: one for node in every for _, one in self._of(node)}

    def _of(self, node: str) -> Iterator[tuple[str, Certificate]]:
        files = self.facts.stored_certificates.get(node)
        for one in () if files is None or isinstance(files, NotAvailable) else files:
            known = one.certificate
            if one.of_authorities and isinstance(known, Certificate) and known.authority:
                yield one.path, known

    def _flagged(self, flags: Iterable[tuple[str, str]]) -> set[str]:
        wanted = set(flags)
        found: set[str] = set()
        for node, components in self.facts.components.items():
            for one in () if isinstance(components, NotAvailable) else components:
                paths = {p for name, f in wanted if one.name == name and (p := one.flags.get(f))}
                found |= {held.sha256 for path, held in self._of(node) if path in paths}
        return found
