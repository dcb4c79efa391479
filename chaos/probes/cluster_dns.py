"""The cluster's DNS, as its nodes reach it."""

from __future__ import annotations

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes import probe
from chaos.probes.asked import Asked
from chaos.probes.dns import PORT, BadDns, addresses, question
from chaos.probes.remote import SLOW, Said, loop

_NUMBER = 4711  # every question has a socket of its own: no other answer can come there


def asking(server: str, name: str) -> str:
    """The shell text that asks; bash opens the socket, for few machines have a resolver's tools.

    Args:
        server: the address of the cluster's DNS Service.
        name: with all its labels.
    """
    asked = question(name, _NUMBER)
    escaped = "".join(f"\\{byte:03o}" for byte in asked)
    ask = (
        f"exec 3<>/dev/udp/{server}/{PORT} && "
        # In one write, which is one datagram: a label of ten letters looks like the end of a line
        # to printf, which would send what it has.
        f"printf {quote(escaped)} | dd iflag=fullblock bs={len(asked)} count=1 status=none >&3 && "
        "dd bs=4096 count=1 status=none <&3 | od -An -v -tx1"
    )
    return loop(
        f"timeout 1 bash -c {quote(ask)}",
        before="command -v bash >/dev/null || { echo there is no bash; return 1; }",
    )


@probe("cluster-dns", rate=1.0, timeout=2.0, slow=SLOW)
class ClusterDns(Asked):
    """A name of the cluster's own, asked of its DNS Service from a node, over UDP, once.

    What does not resolve is `dns`, whatever the reason.

    Options: as in `Remote`, with `asking` as the shell's text.
    """

    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """Whether the name resolved."""
        try:
            addresses(bytes.fromhex(said.out), _NUMBER)
        except (BadDns, ValueError) as wrong:
            told = (
                "no answer in time" if said.code == 124 else said.out.strip()[-100:] or str(wrong)
            )
            attempt.note(error=str(wrong) if isinstance(wrong, BadDns) and said.out else told)
            return Outcome.DNS
        return Outcome.OK
