"""The fixtures and what pytest does with a verdict: each test runs pytest on recorded facts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chaos.cluster.facts import Facts
from chaos.cluster.recorded import save
from chaos.measure.verdict import Verdict
from chaos.result import CheckResult
from fixtures.catalogue import items
from fixtures.checks import read
from selftests.unit.cluster_support import INVENTORY
from selftests.unit.conformance_parts import API, members, stored
from selftests.unit.conformance_support import ITEMS, SILENT, good, known, red

pytest_plugins = ["pytester"]

REPO = Path(__file__).parents[2]
VOTERS, ENCRYPTED = "etcd-odd-voters", "etcd-encrypted"
TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def _no_inventory_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOLDFAST_INVENTORY", "INVENTORY"):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """The conformance tests, in this process."""
    where = ("-c", str(REPO / "pytest.ini"), "-p", "no:cacheprovider")
    return pytester.runpytest_inprocess(*where, str(REPO / "tests/conformance"), *words)


def test_files_may_lie_outside_the_checkout(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(good(), pytester.path / "facts.json")
    monkeypatch.chdir(REPO)
    result = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", f"--facts={pytester.path}/facts.json", "-k", "voters"
    )
    assert result.ret == 0


def test_recorded_facts_are_judged_without_what_reaches_a_cluster(
    pytester: pytest.Pytester,
) -> None:
    """It takes as long to import as they take to be judged."""
    save(good(), pytester.path / "facts.json")
    judging = """
import sys, pytest
code = pytest.main(sys.argv[1:])
reaching = {"chaos.cluster.collect", "chaos.cluster.cluster"} & sys.modules.keys()
sys.exit(code or " ".join(reaching) or 0)
"""
    result = pytester.run(
        *(sys.executable, "-c", judging, "-c", str(REPO / "pytest.ini"), "-p", "no:cacheprovider"),
        *(str(REPO / "tests/conformance"), "--facts", "facts.json", "-k", "voters"),
    )
    assert result.ret == 0


def test_help_does_not_wait_for_the_engine(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPO))  # of this checkout, wherever it was installed from
    asking = """
import sys, pytest
pytest.main(["--help", *sys.argv[1:]])
engine = {name for name in sys.modules if name.startswith(("chaos.", "reports", "pydantic"))}
sys.exit(" ".join(engine - {"chaos.errors", "chaos.measure", "chaos.measure.verdict"}) or 0)
"""
    done = pytester.run(
        *(sys.executable, "-c", asking, "-c", str(REPO / "pytest.ini")),
        *("-p", "no:cacheprovider", str(REPO / "tests/conformance")),
    )
    done.stdout.fnmatch_lines(["*--facts=FILE*"])
    assert done.ret == 0


def judge(
    pytester: pytest.Pytester, facts: Facts, *words: str
) -> tuple[pytest.RunResult, Mapping[str, CheckResult]]:
    """The conformance tests on these facts, and what they left in checks.json."""
    save(facts, pytester.path / "facts.json")
    result = run(pytester, "--facts", "facts.json", "--holdfast-out", "out/run", *words)
    checks = read(pytester.path / "out/run/checks.json")
    assert checks.exit == result.ret
    return result, {check.id: check for check in checks.checks}


def beside(pytester: pytest.Pytester, *, max_age: str = "1h30m", more: str = "") -> tuple[str, str]:
    """The words that name an inventory of the cluster that the facts are of."""
    text = INVENTORY.replace("api.test", API)
    text += f"backups: {{max_age: {max_age}}}\ncritical_namespaces: [shop]\n{more}"
    (pytester.path / "cluster.yaml").write_text(text)
    return "--inventory", "cluster.yaml"


def waived(pytester: pytest.Pytester, item: str, until: date) -> tuple[str, str]:
    """The same, with a waiver."""
    waiver = f"{{id: {item}, reason: it is old, owner: platform, expires: {until}}}"
    return beside(pytester, more=f"waivers: [{waiver}]\n")


def test_collecting_needs_no_inventory(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--collect-only", "-q", "--holdfast-out", "out")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"{len(ITEMS)} tests collected*"])
    assert not (pytester.path / "out").exists()


def test_without_an_inventory_each_test_says_so(pytester: pytest.Pytester) -> None:
    result = run(pytester)
    assert result.ret == 1
    result.assert_outcomes(errors=len(ITEMS))
    text = result.stdout.str()
    assert text.count("\nThere is no inventory. Name its file with --inventory=PATH") == len(ITEMS)
    assert "Traceback" not in text
    assert "During handling" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-n", "2", "--facts", "nowhere.json"), "*nowhere.json: it cannot be read: *"),
        (("--inventory", "nowhere.yaml"), "*there is no inventory *nowhere.yaml"),
        (("--facts", "nowhere.json"), "*nowhere.json: it cannot be read: *"),
        (("--facts", "deep.json"), "*deep.json: it is no JSON of facts."),
        (
            ("--facts", "naive.json"),
            "*naive.json: operations.drills.restore: its time has no zone.",
        ),
        (("--facts", "other.json"), "*has the UID 4-5-6, and the inventory is of 1-2-3.*"),
    ],
)
def test_files_that_cannot_be_used_are_told_once(
    pytester: pytest.Pytester, words: tuple[str, ...], said: str
) -> None:
    (pytester.path / "deep.json").write_text("[" * 100_000)
    drills = known(good().operations)
    naive = {"restore": datetime(2026, 11, 1)}  # noqa: DTZ001
    save(replace(good(), operations=replace(drills, drills=naive)), pytester.path / "naive.json")
    save(replace(good(), uid="4-5-6"), pytester.path / "other.json")
    result = run(pytester, *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    told = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in told
    assert len(result.errlines) == 1 + result.errlines.count("")


def test_what_cannot_be_used_hinders_no_collecting(pytester: pytest.Pytester) -> None:
    assert run(pytester, "--facts", "nowhere.json", "--collect-only", "-q").ret == 0


def test_good_facts_pass_and_leave_a_check_each(pytester: pytest.Pytester) -> None:
    result, checks = judge(pytester, good())
    result.assert_outcomes(passed=len(ITEMS))
    assert {name: check.verdict for name, check in checks.items()} == dict.fromkeys(
        ITEMS, Verdict.PASS
    )
    voters = checks[VOTERS]
    assert "1 may be lost" in voters.evidence[0]
    assert (voters.severity, voters.topic) == ("critical", "etcd")
    assert voters.remedy.startswith("join or remove one control plane")
    assert voters.source.endswith("Production Checklist")
    result.stdout.fnmatch_lines([f"PASS {VOTERS}: 3 voters*"])
    assert (pytester.path / "out/run/facts.json").is_file()


def test_a_failed_item_says_what_to_do(pytester: pytest.Pytester) -> None:
    facts = replace(good(), encryption=stored(secrets=["k8s\\x00"]))
    result, checks = judge(pytester, facts)
    assert result.ret == 1
    wrong = red(facts)
    assert ENCRYPTED in wrong
    result.assert_outcomes(passed=len(ITEMS) - len(wrong), failed=len(wrong))
    result.stdout.fnmatch_lines(
        [
            "FAIL: 1 of 1 secrets looked at are not encrypted: /registry/secrets/shop/0*",
            "*Mend: an EncryptionConfiguration whose first provider is not identity*",
            "*Source: Kubernetes High Availability Architecture*",
        ]
    )
    assert checks[ENCRYPTED].verdict is Verdict.FAIL


def test_what_is_not_covered_fails_only_where_it_is_critical(pytester: pytest.Pytester) -> None:
    facts = replace(good(), encryption=SILENT, leases=SILENT)
    result, checks = judge(pytester, facts)
    severe = {item.id for item in items() if item.severity == "critical"}
    unseen = set(red(facts))
    assert len(unseen & severe) == 1
    result.assert_outcomes(passed=len(ITEMS) - len(unseen), failed=1, skipped=len(unseen) - 1)
    result.stdout.fnmatch_lines(["NOT COVERED: *did not answer*", "SKIPPED*NOT COVERED: *answer*"])
    for name in (ENCRYPTED, "leader-election"):
        assert checks[name].verdict is Verdict.NOT_COVERED


def test_a_waiver_that_holds(pytester: pytest.Pytester) -> None:
    words = waived(pytester, VOTERS, TODAY)
    result, checks = judge(pytester, replace(good(), etcd=members(1)), *words)
    told = f"it is old, platform, until {TODAY}"
    result.stdout.fnmatch_lines([f"FAIL (waived) {VOTERS}: *", f"SKIPPED*waived: {told}"])
    assert (checks[VOTERS].verdict, checks[VOTERS].waiver) == (Verdict.FAIL, told)
    assert not checks[VOTERS].counts


def test_a_waiver_of_what_is_not_covered(pytester: pytest.Pytester) -> None:
    words = waived(pytester, "leader-election", TODAY)
    facts = replace(good(), leases=SILENT)
    result, checks = judge(pytester, facts, *words)
    skipped = len(red(facts))
    result.assert_outcomes(passed=len(ITEMS) - skipped, skipped=skipped)
    assert checks["leader-election"].verdict is Verdict.NOT_COVERED
    assert checks["leader-election"].waiver


def test_a_waiver_that_has_expired(pytester: pytest.Pytester) -> None:
    words = waived(pytester, ENCRYPTED, TODAY - timedelta(days=1))
    facts = replace(good(), encryption=stored(secrets=["k8s\\x00"]))
    result, checks = judge(pytester, facts, *words)
    wrong = len(red(facts))
    result.assert_outcomes(passed=len(ITEMS) - wrong, failed=wrong)
    result.stdout.fnmatch_lines(["*its waiver has expired: it is old, platform, until *"])
    assert (checks[ENCRYPTED].waiver, checks[ENCRYPTED].counts) == ("", True)
    assert checks[ENCRYPTED].evidence[0].startswith("1 of 1 secrets looked at")


@pytest.mark.parametrize("facts", [good(), replace(good(), leases=SILENT)])
def test_an_expired_waiver_fails_whatever_it_was_for(
    facts: Facts, pytester: pytest.Pytester
) -> None:
    words = waived(pytester, "leader-election", TODAY - timedelta(days=1))
    result, checks = judge(pytester, facts, *words)
    assert result.ret == 1
    found = checks["leader-election"]
    assert (found.verdict, found.expired[:9]) == (Verdict.FAIL, "it is old")
    assert found.evidence[0].startswith("its waiver has expired: it is old, platform, until ")
    lines = ["FAIL (waiver expired) leader-election: *", "Waivers: 1 waiver expired"]
    result.stdout.fnmatch_lines(lines)


def test_a_waiver_that_is_not_needed_is_shown_all_the_same(pytester: pytest.Pytester) -> None:
    result, checks = judge(pytester, good(), *waived(pytester, VOTERS, TODAY))
    result.assert_outcomes(passed=len(ITEMS))
    assert checks[VOTERS].waiver == f"it is old, platform, until {TODAY}"
    lines = [f"PASS (waiver idle) {VOTERS}: *", "Waivers: 1 waiver idle"]
    result.stdout.fnmatch_lines(lines)


def test_a_waiver_is_shown_beside_a_test_that_broke(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("it broke")

    monkeypatch.setattr("chaos.conformance.etcd.odd_number_of_voters", broken)
    result, checks = judge(pytester, good(), *waived(pytester, VOTERS, TODAY), "-k", "voters")
    found = checks[VOTERS]
    assert (found.verdict, found.counts) == (Verdict.INCONCLUSIVE, True)
    assert found.waiver.startswith("it is old")
    result.stdout.fnmatch_lines([f"INCONCLUSIVE (waiver idle) {VOTERS}: it broke"])


def test_an_inventory_beside_facts_says_what_is_expected(pytester: pytest.Pytester) -> None:
    result, checks = judge(pytester, good(), *beside(pytester, max_age="11m"))
    assert result.ret == 1
    assert checks["etcd-backup"].verdict is Verdict.FAIL
    assert "11 min is allowed" in checks["etcd-backup"].evidence[0]


def test_no_item_is_lost_where_there_are_no_facts(pytester: pytest.Pytester) -> None:
    """A report made of these cannot pass."""
    result = run(pytester, "--holdfast-out", "out/run")
    result.assert_outcomes(errors=len(ITEMS))
    checks = read(pytester.path / "out/run/checks.json").checks
    assert {check.id: check.verdict for check in checks} == dict.fromkeys(
        ITEMS, Verdict.INCONCLUSIVE
    )
