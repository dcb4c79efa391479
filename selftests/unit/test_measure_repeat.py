"""From n results of one experiment to how its figures spread."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace
from typing import Any

import pytest

from chaos.findings import Bounds
from chaos.measure.verdict import Verdict
from chaos.repeat import Distribution, repeated
from chaos.result import ExperimentResult, Phase, ProbeResult

WHOLE = (Phase(name="settle", begins="", seconds=3.0),)


def probe(longest: float | None, **other: Any) -> ProbeResult:
    bounds = Bounds(lower=0.0, upper=longest)
    usual: dict[str, Any] = {
        "probe": "api-write", "path": "endpoint", "rate": 20.0, "samples": 100, "ok": 90,
        "failed": 10, "not_sent": 0, "classes": {}, "latency": {}, "outages": (),
        "degradations": (), "longest_outage": bounds, "total_outage": bounds, "recover": bounds,
        "budget": {}, "budget_from": "sources", "judged": True, "verdict": Verdict.PASS,
        "reason": "",
    }  # fmt: skip
    return ProbeResult(**usual | other)


def result(longest: float | None, **other: Any) -> ExperimentResult:
    usual: dict[str, Any] = {
        "name": "etcd-stop-kill", "fault": "etcd-stop", "variant": "kill", "target": "etcd_leader",
        "nodes": ("cp-1",), "seed": 1, "hold": 30.0, "begins": "", "phases": WHOLE,
        "manifested": True, "evidence": {}, "probes": (probe(longest),),
        "service": Bounds(lower=0.0, upper=longest), "redundancy": 10.0,
        "redundancy_budget": 180.0, "timeline": "", "verdict": Verdict.PASS, "reason": "",
    }  # fmt: skip
    return ExperimentResult(**usual | other)


def test_median_p95_and_max_are_of_all() -> None:
    lengths = [float(n) for n in range(1, 101)]
    random.Random(1).shuffle(lengths)
    found = Distribution.of(lengths)
    assert found == Distribution(n=100, endless=0, median=50.5, p95=95.0, max=100.0)
    assert found.median == statistics.median(lengths)


def test_below_twenty_the_p95_is_the_largest() -> None:
    assert Distribution.of([1.0, 2.0, 9.0]).p95 == 9.0
    assert Distribution.of([float(n) for n in range(20)]).p95 == 18.0
    assert Distribution.of([3.0]) == Distribution(n=1, endless=0, median=3.0, p95=3.0, max=3.0)


def test_what_has_no_end_is_longer_than_all_others() -> None:
    found = Distribution.of([1.0, None, 2.0])
    assert found == Distribution(n=3, endless=1, median=2.0, p95=None, max=None)
    assert Distribution.of([1.0, None]).median is None
    assert Distribution.of([None, None]).endless == 2


def test_of_nothing_there_is_none() -> None:
    with pytest.raises(ValueError, match="no lengths"):
        Distribution.of([])


def test_an_experiment_alone_has_no_distribution() -> None:
    assert repeated([result(1.0)]) == ()


def test_what_is_the_same_is_taken_together_in_its_order() -> None:
    other = {"fault": "kubelet-stop", "target": "control_plane"}
    every = [
        result(1.0), result(2.0, **other), result(3.0, nodes=("cp-2",), name="etcd-stop-kill-2"),
        result(2.5, **other), result(9.0, variant="silent"), result(9.0, hold=60.0),
    ]  # fmt: skip
    etcd, kubelet = repeated(every)
    assert (etcd.fault, etcd.variant, etcd.target, etcd.n) == (
        "etcd-stop", "kill", "etcd_leader", 2,
    )  # fmt: skip
    assert kubelet.fault == "kubelet-stop"
    for name in (
        "service", "api-write: longest outage", "api-write: total outage", "api-write: recovery",
    ):  # fmt: skip
        assert etcd.figures[name] == Distribution(n=2, endless=0, median=2.0, p95=3.0, max=3.0)
    assert etcd.figures["redundancy"].median == 10.0


def test_redundancy_that_did_not_come_back_has_no_end() -> None:
    (found,) = repeated([result(1.0), result(1.0, redundancy=None)])
    assert found.figures["redundancy"].endless == 1


def test_where_nothing_was_measured_the_n_is_smaller() -> None:
    blind = replace(probe(7.0), verdict=Verdict.INCONCLUSIVE)
    every = [
        result(1.0),
        result(2.0),
        result(7.0, manifested=False, verdict=Verdict.INCONCLUSIVE),
        result(7.0, probes=(blind,), verdict=Verdict.INCONCLUSIVE),
        result(7.0, phases=(), verdict=Verdict.INCONCLUSIVE),  # it was interrupted
    ]
    (found,) = repeated(every)
    assert (found.n, found.verdicts) == (5, {"PASS": 2, "INCONCLUSIVE": 3})
    assert found.figures["api-write: longest outage"].n == 2
    assert found.figures["service"] == Distribution(n=2, endless=0, median=1.5, p95=2.0, max=2.0)


def test_inconclusive_because_it_never_ended_still_counts() -> None:
    never = replace(probe(None), verdict=Verdict.INCONCLUSIVE)
    every = [result(1.0), result(None, probes=(never,), verdict=Verdict.INCONCLUSIVE)]
    (found,) = repeated(every)
    assert found.figures["api-write: recovery"].endless == 1
    assert found.figures["service"].endless == 1
