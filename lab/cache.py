"""Where what is built once is kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def cache_dir() -> Path:
    """The user's cache folder for Holdfast: $XDG_CACHE_HOME/holdfast or ~/.cache/holdfast."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "holdfast"


def key(*parts: str) -> str:
    """A short name for something made of these parts: equal parts, equal name."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
