"""The lab, for every test that needs one; brought up by the first that asks for it."""

from selftests.lab_fixture import fleet, kubectl

__all__ = ["fleet", "kubectl"]
