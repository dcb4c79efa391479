"""What a Pod takes from a node, as the scheduler adds it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chaos.cluster.kube import Object
from chaos.cluster.quantity import millis, size

CPU, MEMORY = "cpu", "memory"
# What a Pod may ask for as a whole: then that counts, whatever its containers ask for.
_WHOLE = (CPU, MEMORY, "hugepages-")
_ALL = ("0.0.0.0", "::")  # noqa: S104


def amounts(written: Mapping[str, object] | None) -> Counter[str]:
    """Amounts by resource: thousandths of a processor, bytes, or how many."""
    return Counter(
        {name: millis(n) if name == CPU else size(n) for name, n in (written or {}).items()}
    )


def asked(spec: Mapping[str, Any]) -> Counter[str]:
    """What a Pod asks for: its containers together, or one that begins before them if more.

    Sidecars (init containers that go on) count with all that begins after them.
    """
    sidecars, most = Counter[str](), Counter[str]()
    for one in spec.get("initContainers") or ():
        if one.get("restartPolicy") == "Always":
            sidecars += _requests(one)
            most |= sidecars
        else:
            most |= sidecars + _requests(one)
    together = sum(map(_requests, spec.get("containers") or ()), sidecars)
    whole = {k: v for k, v in _requests(spec).items() if k.startswith(_WHOLE)}
    return Counter({**(together | most), **whole}) + amounts(spec.get("overhead"))


def _requests(one: Mapping[str, Any]) -> Counter[str]:
    return amounts((one.get("resources") or {}).get("requests"))


def ports(spec: Mapping[str, Any]) -> Iterator[str]:
    """The ports of its node that it takes, `ADDRESS/PROTOCOL/PORT`; without address: of all."""
    for container in (*(spec.get("containers") or ()), *_sidecars(spec)):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                address = port.get("hostIP") or ""
                mine = "" if address in _ALL else address
                yield f"{mine}/{port.get('protocol') or 'TCP'}/{port['hostPort']}"


def _sidecars(spec: Mapping[str, Any]) -> list[Object]:
    first = spec.get("initContainers") or ()
    return [one for one in first if one.get("restartPolicy") == "Always"]
