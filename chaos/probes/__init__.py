"""The probes: one file each. To add one, write a file here with a class marked by `@probe`.

A probe asks one cheap question over and over, classifies the answer, knows nothing of faults and
never tries again: a retry hides an outage. What the sampler wants of it is
`chaos.measure.probe.Probe`; files of this package without a marked class are helpers.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from chaos.measure.outcome import SLOW_AFTER
from chaos.measure.probe import Probe, ProbeSpec
from chaos.probes.access import ApiAccess

_Class = TypeVar("_Class", bound=type[Probe])
_KINDS: dict[str, ProbeKind] = {}


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """A kind of probe.

    `rate` (Hz) and `timeout` (seconds) are its usual ones, `slow` (seconds) is when an answer is
    late, `does` the first line of its docstring.
    """

    name: str
    rate: float
    timeout: float
    factory: str
    does: str
    slow: float = SLOW_AFTER

    def spec(
        self,
        access: ApiAccess | None = None,
        *,
        path: str = "endpoint",
        rate: float | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> ProbeSpec:
        """A probe of this kind, ready to be given to `Sampling`.

        Args:
            access: whom to ask, and as whom, where that is the API.
            path: by which way: `endpoint`, or the name of the node that is asked.
            rate: Hz; the kind's usual one if not given.
            timeout: seconds; the kind's usual one if not given.
            options: the kind's own; its class names them.

        Returns:
            a spec named after the kind, and after the path unless that is the endpoint.
        """
        return ProbeSpec(
            name=self.name if path == "endpoint" else f"{self.name}@{path}",
            kind=self.name,
            path=path,
            factory=self.factory,
            rate=self.rate if rate is None else rate,
            timeout=self.timeout if timeout is None else timeout,
            options=({"access": access.as_data()} if access else {}) | options,
            slow=self.slow,
        )


def probe(
    name: str, *, rate: float, timeout: float = 1.0, slow: float = SLOW_AFTER
) -> Callable[[_Class], _Class]:
    """Mark a class as a kind of probe; it is called with its ProbeSpec.

    Args:
        name: the kind's name, unique.
        rate: its usual rate, in Hz.
        timeout: its usual time-out, in seconds.
        slow: seconds after which an answer is late; more than usual where a good one takes longer
            by nature: over a shell, out of many steps.
    """

    def mark(cls: _Class) -> _Class:
        does = (inspect.getdoc(cls) or "").partition("\n")[0]
        factory = f"{cls.__module__}:{cls.__qualname__}"
        # The same class again is a file that was imported anew.
        if name in _KINDS and _KINDS[name].factory != factory:
            raise ValueError(f"there are two kinds of probe called {name}")
        _KINDS[name] = ProbeKind(name, rate, timeout, factory, does, slow)
        return cls

    return mark


def kinds() -> Mapping[str, ProbeKind]:
    """All kinds of probe by name, found by importing every file of this package."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return MappingProxyType(dict(sorted(_KINDS.items())))
