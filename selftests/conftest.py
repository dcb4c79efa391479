"""The lab, for every test that needs one; brought up by the first that asks for it."""

import signal

from selftests.lab_fixture import fleet, kubectl

__all__ = ["fleet", "kubectl"]

# A job in a shell's background begins with it ignored, and hands that on to all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
