"""Who collects and who judges; tests that break; what every test of an item tells about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaos.cluster.recorded import save
from chaos.measure.verdict import Verdict
from fixtures.checks import Checks, part, read
from selftests.unit.cluster_support import INVENTORY
from selftests.unit.conformance_support import ITEMS, good

pytest_plugins = ["pytester"]

REPO = Path(__file__).parents[2]
CONFTEST = """\
import os
import chaos.cluster.collect
from selftests.unit.conformance_support import good

pytest_plugins = ["fixtures.plugin"]

def collect(cluster):
    with open("collected", "a") as file:
        file.write(os.environ.get("PYTEST_XDIST_WORKER", "controller") + "\\n")
    return good()

chaos.cluster.collect.collect = collect
"""
ITEM = """\
import os
import pytest
from chaos.conformance.etcd import odd_number_of_voters
{0}
@pytest.mark.item(id="one", title="One", severity="{1}", source="a book")
def test_one({2}):
    {3}
"""


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOLDFAST_INVENTORY", "INVENTORY", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)


def item(body: str, *, asks: str = "item", before: str = "", severity: str = "critical") -> str:
    """The test of an item."""
    return ITEM.format(before, severity, asks, body)


def run(pytester: pytest.Pytester, test: str, *words: str, inventory: bool = True) -> Checks:
    """Run a test in a folder of its own, where collecting is noted; what it left as checks."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_one=test)
    (pytester.path / "cluster.yaml").write_text(INVENTORY)
    (pytester.path / "kubeconfig").touch()
    named = ("--inventory", "cluster.yaml") if inventory else ()
    where = ("-p", "no:cacheprovider", "--holdfast-out", "out")
    how = pytester.runpytest_subprocess if "-n" in words else pytester.runpytest_inprocess
    result = how(*where, *named, *words)
    checks = read(pytester.path / "out/checks.json")
    assert checks.exit == result.ret
    return checks


def collected(pytester: pytest.Pytester) -> list[str]:
    """Who collected."""
    return (pytester.path / "collected").read_text().split()


JUDGING = item("item.judge(odd_number_of_voters)")
MANY = JUDGING + "".join(
    f"""
@pytest.mark.item(id="{n}", title="One", severity="critical", source="a book")
def test_{n}(item):
    assert os.environ["PYTEST_XDIST_WORKER"]
    item.judge(odd_number_of_voters)
"""
    for n in ("two", "three")
)
REACHING = """
def test_reaching(cluster):
    pass

def test_dying():
    import time
    time.sleep(0.5)  # what was said before it gets out
    os._exit(1)
"""


def test_the_controller_collects_once_and_workers_judge(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(pytester, MANY + REACHING, "-n", "2", "--max-worker-restart", "0")
    assert collected(pytester) == ["controller"]
    verdicts = {check.id: check.verdict for check in found.checks}
    died = verdicts.pop("test_one.py::test_dying")
    assert died is Verdict.INCONCLUSIVE
    assert verdicts == dict.fromkeys(("one", "two", "three"), Verdict.PASS)
    assert "A worker of xdist only judges: it reaches no cluster" in capsys.readouterr().out


def test_without_workers_it_is_collected_once_too(pytester: pytest.Pytester) -> None:
    found = run(pytester, JUDGING + "\ndef test_two(facts, nodes, balancers):\n    assert facts\n")
    assert collected(pytester) == ["controller"]
    assert found.exit == 0


def test_recorded_facts_reach_no_cluster(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    save(good(), pytester.path / "facts.json")
    found = run(pytester, REACHING.partition("def test_dying")[0], "--facts", "facts.json")
    assert found.exit == 1
    assert "With --facts there is no cluster to reach." in capsys.readouterr().out
    assert not (pytester.path / "collected").exists()


@pytest.mark.parametrize(
    ("test", "verdict", "why"),
    [
        (item("1 / 0"), Verdict.INCONCLUSIVE, "division by zero"),
        (item("pass"), Verdict.INCONCLUSIVE, "the test judged nothing"),
        (item("item.judge(lambda *_: 1 / 0)"), Verdict.INCONCLUSIVE, "division by zero"),
        (item("pass", asks="nothing"), Verdict.INCONCLUSIVE, "nothing"),
        (item("pytest.skip('not now')"), Verdict.NOT_COVERED, "not now"),
    ],
)
def test_an_item_whose_test_breaks_is_not_lost(
    pytester: pytest.Pytester, test: str, verdict: Verdict, why: str
) -> None:
    found = run(pytester, test)
    (check,) = found.checks
    assert (check.id, check.verdict) == ("one", verdict)
    assert why in check.evidence[0]
    assert found.exit == (0 if verdict is Verdict.NOT_COVERED else 1)


def test_inconclusive_is_a_failed_test(pytester: pytest.Pytester) -> None:
    before = "from chaos.conformance.outcome import Findings"
    found = run(
        pytester,
        item("item.judge(lambda *_: Findings().outcome())", before=before, severity="low"),
    )
    assert found.exit == 1
    assert found.checks[0].verdict is Verdict.INCONCLUSIVE


class Gathered:
    """Takes the tests that pytest collects."""

    def __init__(self) -> None:
        self.tests: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.tests = list(session.items)


def test_every_item_tells_what_how_and_why(pytester: pytest.Pytester) -> None:
    gathered = Gathered()
    where = ("-c", str(REPO / "pytest.ini"), "-p", "no:cacheprovider", "--collect-only", "-q")
    pytester.inline_run(*where, str(REPO / "tests/conformance"), plugins=[gathered])
    named = []
    for test in gathered.tests:
        marker = test.get_closest_marker("item")
        assert marker is not None, test.nodeid
        assert marker.args == ()
        assert set(marker.kwargs) == {"id", "title", "severity", "source"}
        assert marker.kwargs["severity"] in ("critical", "high", "medium", "low")
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", marker.kwargs["id"])
        named.append(marker.kwargs["id"])
        function = getattr(test, "function", None)
        for label in ("Looked at:", "Expected:", "Mend:", "Source:"):
            assert part(function, label), f"{test.nodeid} has no {label}"
        assert part(function, "Source:").startswith(marker.kwargs["source"]), test.nodeid
    assert sorted(named) == sorted(ITEMS)
