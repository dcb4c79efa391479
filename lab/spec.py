"""What lab is asked for."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from lab.errors import UsageError
from lab.versions import DEFAULT, Release, release

# The host's end of the lab's cable is an interface `hf-NAME`; interfaces have 15 characters.
NAME = re.compile(r"[a-z][a-z0-9-]{0,9}")
ZONES = "abcdefghi"
SUBNETS = 16
MOST_KUBERNETES_NODES = 16

EtcdTopology = Literal["stacked", "external"]


def check_name(name: str) -> None:
    """Make sure that this can name a lab.

    Raises:
        UsageError: it cannot; the message says what can.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot name a lab.",
            "A name is a letter, then up to 9 letters, digits or dashes, in lower case.",
        )


@dataclass(frozen=True, slots=True)
class Spec:
    """The shape of one lab.

    Args:
        name: names the lab and all it makes on the host; at most 10 characters.
        control_planes: 1, 3 or 5.
        workers: 0 or more.
        zones: how many zones the nodes are spread over, 1 to 9.
        etcd: stacked on the control planes, or on as many nodes of its own.
        load_balancers: 1, or 2 that share the virtual IP.
        kubernetes: version without a leading v.
        subnet: which sixteenth of 198.18.0.0/15 it lives in, 0 to 15; None is the first free one.
    """

    name: str = "dev"
    control_planes: int = 3
    workers: int = 3
    zones: int = 3
    etcd: EtcdTopology = "stacked"
    load_balancers: int = 2
    kubernetes: str = DEFAULT
    subnet: int | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.control_planes not in (1, 3, 5):
            raise UsageError(f"{self.control_planes} control planes: there are 1, 3 and 5.")
        if self.load_balancers not in (1, 2):
            raise UsageError(f"{self.load_balancers} load balancers: there are 1 and 2.")
        if self.etcd not in ("stacked", "external"):
            raise UsageError(f"etcd `{self.etcd}`: there are `stacked` and `external`.")
        if not 1 <= self.zones <= len(ZONES):
            raise UsageError(f"{self.zones} zones: there are 1 to {len(ZONES)}.")
        most = MOST_KUBERNETES_NODES - self.control_planes
        if not 0 <= self.workers <= most:
            raise UsageError(
                f"{self.workers} workers: there are 0 to {most} beside the control planes."
            )
        if self.subnet is not None and not 0 <= self.subnet < SUBNETS:
            raise UsageError(f"Subnet {self.subnet}: there are 0 to {SUBNETS - 1}.")
        object.__setattr__(self, "kubernetes", release(self.kubernetes).kubernetes)

    @property
    def release(self) -> Release:
        return release(self.kubernetes)

    def on_subnet(self, subnet: int) -> Spec:
        """This lab, settled on a subnet."""
        return dataclasses.replace(self, subnet=subnet)

    def to_json(self) -> str:
        """As text that `from_json` reads."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """The lab that `to_json` wrote down.

        Raises:
            UsageError: the text is not such a lab.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            return cls(**fields)
        except (ValueError, TypeError, AttributeError) as wrong:
            raise UsageError(f"A lab's spec.json cannot be read: {wrong}.") from None
