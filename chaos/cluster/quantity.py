"""Quantities as the API writes them: `250m`, `2`, `128Mi`, `1e3`.

Source: kubernetes.io, "Quantity" (API reference).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

_BINARY = {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)}
_DECIMAL |= {letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)}
_FORM = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([KMGTPE]i|[numkMGTPE]?)")


def quantity(text: object) -> Decimal:
    """A quantity as a number; 0 where it is none.

    >>> quantity("250m"), quantity("2Ki"), quantity(None)
    (Decimal('0.250'), Decimal('2048'), Decimal('0'))
    """
    found = _FORM.fullmatch(str(text))
    if found is None:
        return Decimal(0)
    return Decimal(found[1]) * (_BINARY.get(found[2]) or _DECIMAL[found[2]])


def millis(text: object) -> int:
    """Processors in thousandths, rounded up.

    >>> millis("1.5"), millis("100m")
    (1500, 100)
    """
    return math.ceil(quantity(text) * 1000)


def size(text: object) -> int:
    """Bytes, rounded up."""
    return math.ceil(quantity(text))
