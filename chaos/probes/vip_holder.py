"""Who holds the virtual IP."""

from __future__ import annotations

from chaos.cluster.addresses import has_address
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.asked import Asked
from chaos.probes.remote import SLOW, Said, loop

ASKING = loop("exec ip -o addr show")


@probe("vip-holder", rate=1.0, timeout=2.0, slow=SLOW)
class VipHolder(Asked):
    """Whether a machine has the virtual IP on one of its interfaces, by its own account.

    The sample is ok when the machine says so or otherwise; the detail has `holds`. Who holds it at
    a moment, nobody or two at once, shows beside the other machines' samples.

    Options: as in `Remote`, with ASKING as the shell's text; `address`, the virtual IP.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        super().__init__(spec)
        self._address: str = spec.options["address"]

    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """Whether it told, and what."""
        if said.code:
            attempt.note(why=f"ip ended with code {said.code}: {said.out.strip()[-100:]}")
            return Outcome.NOT_SENT
        attempt.note(holds=has_address(said.out, self._address))
        return Outcome.OK
