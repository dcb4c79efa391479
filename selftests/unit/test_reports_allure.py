"""allure-results: files as Allure 2 reads them."""

from __future__ import annotations

import json
from typing import Any

from chaos.measure.verdict import Verdict
from reports.allure import allure
from selftests.unit.reports_support import good_run, run_result

ALLURE_SEVERITIES = {"blocker", "critical", "normal", "minor", "trivial"}


def files() -> dict[str, str]:
    timelines = {"experiments/etcd_stop-etcd_leader/timeline.jsonl": '{"format": 1}\n'}
    return allure(run_result(), timeline=timelines.get)


def results(made: dict[str, str]) -> dict[str, Any]:
    found = [json.loads(text) for name, text in made.items() if name.endswith("-result.json")]
    return {result["fullName"].rsplit(".", 1)[1]: result for result in found}


def labels(result: Any) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


def test_every_verdict_has_its_status() -> None:
    said = {name: result["status"] for name, result in results(files()).items()}
    assert said["etcd-odd-voters"] == "passed"
    assert said["apiserver-names"] == "failed"
    assert said["balancer-health"] == "broken"
    assert said["etcd-backup"] == "broken"
    assert said["encryption-at-rest"] == "skipped"
    assert said["spread-declared"] == "skipped"
    assert said["balancer_kill-vip_holder"] == "broken"
    assert len(said) == 16


def test_each_result_has_what_allure_asks_for() -> None:
    made = files()
    for name, text in made.items():
        if name.endswith("-result.json"):
            result = json.loads(text)
            assert name == f"{result['uuid']}-result.json"
            assert result["stage"] == "finished"
            assert result["start"] <= result["stop"]
            assert result["start"] > 1_700_000_000_000, "milliseconds"
            assert labels(result)["severity"] in ALLURE_SEVERITIES
            assert labels(result)["suite"] in ("conformance", "resilience")
            if result["status"] != "passed":
                assert result["statusDetails"]["message"]


def test_severities_stay_apart() -> None:
    said = {name: labels(result)["severity"] for name, result in results(files()).items()}
    assert said["etcd-odd-voters"] == "critical"
    assert said["leader-election"] == "normal"
    assert said["pdb-present"] == "trivial"


def test_history_finds_a_case_again_and_tells_two_apart() -> None:
    one, other = results(files()), results(files())
    assert {n: r["historyId"] for n, r in one.items()} == {
        n: r["historyId"] for n, r in other.items()
    }
    assert len({r["historyId"] for r in one.values()}) == len(one)
    assert not {r["uuid"] for r in one.values()} & {r["uuid"] for r in other.values()}


def test_an_experiment_carries_its_phases_its_summary_and_its_timeline() -> None:
    made = files()
    result = results(made)["etcd_stop-etcd_leader"]
    assert [step["name"] for step in result["steps"]] == ["baseline", "inject", "hold", "heal"]
    attached = {one["name"]: made[one["source"]] for one in result["attachments"]}
    assert attached["timeline"] == '{"format": 1}\n'
    assert "| api-write | 1.20–1.31 s |" in attached["summary"]
    assert {"name": "seed", "value": "7"} in result["parameters"]


def test_every_attachment_is_there_and_none_is_left_over() -> None:
    made = files()
    named = [
        attachment["source"]
        for result in results(made).values()
        for attachment in result.get("attachments", ())
    ]
    assert sorted(named) == sorted(name for name in made if "-attachment." in name)


def test_the_environment_and_the_categories_are_told() -> None:
    made = files()
    assert "cluster.uid = 6a1f0c52-9f0e-4c0a-8f0d-1b7a3d0f2c11\n" in made["environment.properties"]
    assert "version.kubernetes = v1.34.1\n" in made["environment.properties"]
    assert {"name", "messageRegex"} == set(json.loads(made["categories.json"])[0])


def test_a_run_that_did_not_pass_is_never_all_green() -> None:
    run = good_run([], [], verdict=Verdict.INCONCLUSIVE, reason="nothing ran")
    made = allure(run, timeline=lambda _: None)
    assert [result["status"] for result in results(made).values()] == ["broken"]
