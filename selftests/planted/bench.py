"""What a defect is planted with: the lab's machines, its API, its etcd, its inventory."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.plan import Machine
from lab.secrets import load_or_create
from selftests.planted.signing import Authority

KEPT = "/run/planted"
"""Where a machine keeps its files as they were; gone with a boot, as no defect outlives one."""

LEADERS = ("kube-controller-manager", "kube-scheduler")
FRESH = timedelta(seconds=6)
"""Holders write every 2 s."""

_ETCDCTL = (
    "ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=/etc/kubernetes/pki/etcd/ca.crt"
    " ETCDCTL_CERT=/etc/kubernetes/pki/etcd/healthcheck-client.crt"
    " ETCDCTL_KEY=/etc/kubernetes/pki/etcd/healthcheck-client.key etcdctl"
)


@dataclass(frozen=True, slots=True)
class Bench:
    """A lab whose etcd is stacked."""

    fleet: Fleet
    kubectl: Kubectl

    @property
    def inventory(self) -> Path:
        """What `holdfast` is given: the lab's own, or as a defect has changed it."""
        changed = self._beside("cluster.yaml")
        return changed if changed.exists() else self.fleet.home.inventory

    @property
    def authority(self) -> Authority:
        """Who signs the cluster's certificates."""
        names = [m.name for m in self.fleet.plan.machines]
        pair = load_or_create(self.fleet.home.secrets, names).ca
        return Authority(pair.certificate, pair.key)

    def machine(self, name: str) -> Machine:
        """The machine of this name."""
        found = self.fleet.plan.machine(name)
        assert found, f"the lab has no machine {name}"
        return found

    def on(self, machine: str, command: str, *, stdin: str | None = None) -> str:
        """What a shell command prints on a machine.

        Raises:
            CommandFailed: it ended with another code than 0, or not within a minute.
        """
        return self.fleet.ssh.run(machine, command, stdin=stdin)

    def etcdctl(self, words: str, *, stdin: str | None = None) -> Any:
        """What etcdctl says as JSON, on the first control plane."""
        first = self.fleet.plan.control_planes[0].name
        return json.loads(self.on(first, f"{_ETCDCTL} {words} --write-out=json", stdin=stdin))

    def get(self, *words: str) -> Any:
        """What `kubectl get` shows, as JSON."""
        return json.loads(self.kubectl("get", "--output=json", *words))

    def is_sound(self) -> bool:
        """Whether controllers lead and every Pod is ready, by what is written now.

        After a power cut of all that takes longer than the API does: a lease must run out first.
        """
        now = datetime.now(UTC)
        leases = [
            datetime.fromisoformat(lease["spec"]["renewTime"])
            for lease in self.kubectl.items("leases", "--namespace=kube-system")
            if lease["metadata"]["name"] in LEADERS
        ]
        pods = self.kubectl.items("pods", "--all-namespaces")
        return len(leases) == len(LEADERS) and all(
            [
                *(now - renewed < FRESH for renewed in leases),
                *(
                    condition["status"] == "True"
                    for pod in pods
                    for condition in pod["status"].get("conditions", [])
                    if condition["type"] == "Ready"
                ),
            ]
        )

    def change_file(self, machine: str, path: str, change: Callable[[str], str]) -> None:
        """Change a text file of a machine; how it was is kept there.

        It is replaced as a whole, as an editor does it: nobody reads half of it.
        """
        file, kept = shlex.quote(path), shlex.quote(_kept(path))
        part = shlex.quote(str(PurePosixPath(path).with_name(".planted")))
        keep = f"mkdir -p {KEPT}; [ -e {kept} ] || cp -a {file} {kept}"
        text = self.on(machine, f"{keep}; cat {file}")
        changed = change(text)
        assert changed != text, f"{path} on {machine} has nothing to change"
        replace = f"cp -a {file} {part} && cat >{part} && mv {part} {file}"
        self.on(machine, replace, stdin=changed)

    def take_away(self, machine: str, path: str) -> None:
        """Remove a file of a machine; `put_back` restores it."""
        file, kept = shlex.quote(path), shlex.quote(_kept(path))
        self.on(machine, f"mkdir -p {KEPT}; [ -e {kept} ] || cp -a {file} {kept}; rm {file}")

    def put_back(self, machine: str, path: str) -> None:
        """A file as it was before it was changed; where it never was, nothing happens."""
        file, kept = shlex.quote(path), shlex.quote(_kept(path))
        part = shlex.quote(str(PurePosixPath(path).with_name(".planted")))
        restore = f"cp -a {kept} {part} && mv {part} {file} && rm {kept}"
        self.on(machine, f"[ ! -e {kept} ] || {{ {restore}; }}")

    def apply(self, *things: Mapping[str, Any]) -> None:
        """Put objects into the API, as they are declared."""
        everything = {"apiVersion": "v1", "kind": "List", "items": things}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(everything))

    def delete(self, kind: str, name: str, *words: str) -> None:
        """Take an object out of the API, if it is there; words: further options."""
        self.kubectl("delete", kind, name, "--ignore-not-found", *words)

    def change_object(
        self, kind: str, name: str, namespace: str, change: Callable[[Any], None]
    ) -> None:
        """Change an object of the API; how it was is kept beside the lab's inventory."""
        thing = self.get(kind, name, f"--namespace={namespace}")
        # Without these it is replaced whatever it has become meanwhile.
        for field in ("resourceVersion", "uid", "creationTimestamp", "managedFields"):
            thing["metadata"].pop(field, None)
        kept = self._beside(f"{kind}-{namespace}-{name}.json")
        if not kept.exists():
            kept.write_text(json.dumps(thing))
        before = json.dumps(thing)
        change(thing)
        assert json.dumps(thing) != before, f"{kind} {name} has nothing to change"
        self.kubectl("replace", "--filename=-", stdin=json.dumps(thing))

    def put_back_object(self, kind: str, name: str, namespace: str) -> None:
        """An object as it was before it was changed; where it never was, nothing happens."""
        kept = self._beside(f"{kind}-{namespace}-{name}.json")
        if kept.exists():
            self.kubectl("replace", "--filename=-", stdin=kept.read_text())
            kept.unlink()

    def change_inventory(self, change: Callable[[Any], None]) -> None:
        """Give `holdfast` another inventory than the lab's own."""
        yaml = YAML()
        content = yaml.load(self.inventory)
        change(content)
        with self._beside("cluster.yaml").open("w") as file:
            yaml.dump(content, file)

    def change_kubeconfig(self, change: Callable[[Any], None]) -> None:
        """Give `holdfast` another kubeconfig than the lab's own."""
        yaml = YAML()
        content = yaml.load(self.fleet.home.kubeconfig)
        change(content)
        changed = self._beside("kubeconfig")
        changed.touch(mode=0o600)
        with changed.open("w") as file:
            yaml.dump(content, file)

        def use(inventory: Any) -> None:
            inventory["cluster"]["kubeconfig"] = changed.name

        self.change_inventory(use)

    def own_inventory(self) -> None:
        """Give `holdfast` the lab's own again."""
        for name in ("cluster.yaml", "kubeconfig"):
            self._beside(name).unlink(missing_ok=True)

    def _beside(self, name: str) -> Path:
        """Beside the lab's own, for its paths are relative to where it lies."""
        return self.fleet.home.folder / f"planted-{name}"


def _kept(path: str) -> str:
    return f"{KEPT}/{path.strip('/').replace('/', '_')}"
