"""The marker of what takes minutes: it runs in `make verify-measuring` alone."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes; runs in a verify- target alone")
