"""A sampler that gets no processor sees nothing: that is no outage.

That one stop of 2 s is seen whole is `selftests/unit/test_measure_sampling.py`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from chaos.measure.sampling import Sampling
from selftests.measuring.stalling import busy, reads, summaries, without_priority
from selftests.stub.stub import Stub


def test_beside_two_busy_loops_windows_are_invalid_and_nothing_was_down(tmp_path: Path) -> None:
    processor = min(os.sched_getaffinity(0))
    with Stub() as stub, Sampling(reads(stub), tmp_path / "t") as sampling:
        without_priority(sampling.pid, processor)
        with busy(processor):
            time.sleep(3.0)
    for summary in summaries(tmp_path / "t"):
        assert summary.every_outage == ()
        assert summary.stalled_share > 0.1  # so that a verdict would be INCONCLUSIVE
