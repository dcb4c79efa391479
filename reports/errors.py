"""What reports say when one cannot be written or read."""

from __future__ import annotations

from chaos.errors import HoldfastError


class ReportError(HoldfastError):
    """A report cannot be written, or what is read is none."""
