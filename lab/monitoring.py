"""The lab's Prometheus: started when there is something to measure, and waited for."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError
from lab.files.monitoring import UNITS, jobs
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.progress import Progress
from lab.templates import FOLDER
from lab.wait import until

API = "http://127.0.0.1:9090/api/v1"


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Prometheus and Alertmanager on the first balancer."""

    fleet: Fleet
    progress: Progress

    def start(self, kubectl: Kubectl) -> None:
        """Start them, now and at every boot to come, and let them read. Needs an API."""
        self._on(f"systemctl enable --quiet {' '.join(UNITS)}")
        self._on(f"systemctl start --no-block {' '.join(UNITS)}")
        rights = (FOLDER / "cluster/monitoring.yaml").read_text()
        apply = functools.partial(kubectl, "apply", "--filename=-", stdin=rights)
        until(apply, "the rights of Prometheus accepted by the API", timeout=60, every=1.0)

    def wait(self) -> None:
        """Wait until every target is up and every rule has been evaluated.

        Raises:
            LabError: not in time; says which are not.
        """
        with self.progress.step("Prometheus measures every part"):
            until(self._measures, "every target up, every rule evaluated", timeout=90, every=0.5)

    def _measures(self) -> bool:
        asked = f"curl --silent --show-error --fail {API}/targets?state=active && echo && "
        said = self._on(asked + f"curl --silent --show-error --fail {API}/rules?type=alert")
        targets, rules = (json.loads(line)["data"] for line in said.splitlines())
        # It serves before it has read of its targets: those that it does not know yet are missing.
        up = {t["labels"]["instance"] for t in targets["activeTargets"] if t["health"] == "up"}
        missing = [a for job in jobs(self.fleet.plan) for a in job.targets if a not in up]
        waiting = [r["name"] for r in _rules(rules) if r["health"] != "ok"]
        if missing or waiting or not _rules(rules):
            told = ", ".join((*missing, *waiting)) or "there are no rules"
            raise LabError(f"Not measured: {told}.")
        return True

    def _on(self, command: str) -> str:
        return self.fleet.ssh.run(self.fleet.plan.monitor.name, command)


def _rules(data: Any) -> list[Any]:
    return [rule for group in data["groups"] for rule in group["rules"]]
