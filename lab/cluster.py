"""From booted machines to a cluster that would pass its own checklist."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from lab.api import Api
from lab.errors import LabError
from lab.files import backup_senders
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.monitoring import Monitoring
from lab.plan import Machine, Role
from lab.progress import Progress
from lab.shell import CommandFailed
from lab.templates import FOLDER, render
from lab.wait import until

_yaml = YAML(typ="safe")
NOT_READY = "node.kubernetes.io/not-ready"


def each(machines: Iterable[Machine], do: Callable[[Machine], object], *, at_once: int = 8) -> None:
    """Do something with each machine, several at once; an error is raised after all ended."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        doing = [pool.submit(do, machine) for machine in machines]
    for one in doing:
        one.result()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster on a lab's machines."""

    fleet: Fleet
    progress: Progress

    @property
    def kubectl(self) -> Kubectl:
        program = self.fleet.layers.tools / "usr/local/bin/kubectl"
        return Kubectl(program, self.fleet.home.kubeconfig)

    def form(self) -> None:
        """Make the cluster, or what is missing of it, and wait until all of it is well."""
        first, *others = self.fleet.plan.control_planes
        if not self._joined(first):
            with self.progress.step(f"kubeadm init on {first.name}"):
                self._kubeadm(first)
        self._write_kubeconfig(first)
        with ThreadPoolExecutor() as beside:
            measuring = beside.submit(Monitoring(self.fleet, self.progress).start, self.kubectl)
            self._join(others)
            # Pods are spread over the nodes that there are when they are placed, and never moved.
            self._wait_ready()
            measuring.result()
        with self.progress.step("cluster DNS and the demo workload"):
            self._apply_workloads()
        self._wait_complete()

    def _join(self, others: Iterable[Machine]) -> None:
        missing = [m for m in others if not self._joined(m)]
        workers = [m for m in self.fleet.plan.of(Role.WORKER) if not self._joined(m)]
        if missing or workers:
            names = ", ".join(m.name for m in [*missing, *workers])
            with self.progress.step(f"kubeadm join on {names}"), ThreadPoolExecutor() as pool:
                # etcd takes one new member at a time; workers do not mind.
                one_by_one = pool.submit(each, missing, self._kubeadm, at_once=1)
                beside = pool.submit(each, workers, self._kubeadm, at_once=2)
                one_by_one.result()
                beside.result()

    def wait_well(self) -> None:
        """Wait until all Nodes are Ready with certificates to serve with, and all Pods run.

        Raises:
            LabError: not in time; says what is missing.
        """
        self._wait_ready()
        self._wait_complete()

    def _wait_ready(self) -> None:
        api = Api.of(self.fleet.home.kubeconfig)
        with self.progress.step("all nodes Ready"):
            until(lambda: self._nodes_ready(api), "all nodes Ready", timeout=180, every=0.5)

    def _wait_complete(self) -> None:
        api = Api.of(self.fleet.home.kubeconfig)
        with self.progress.step("every workload has all its replicas"):
            until(
                lambda: self._workloads_ready(api),
                "all Deployments and DaemonSets complete",
                timeout=180,
                every=0.5,
            )

    def back_up(self) -> None:
        """Take the first snapshots of etcd now: the timers' own come later."""
        with self.progress.step("first snapshots of etcd, here and off the machine"):
            etcd = self.fleet.plan.etcd
            name = {m: "etcd" if m in etcd else "pki" for m in backup_senders(self.fleet.plan)}
            take = "systemctl start {}-backup.service"
            each(tuple(name), lambda m: self._on(m, take.format(name[m]), timeout=60))

    def _joined(self, machine: Machine) -> bool:
        return (self.fleet.home.disk(machine) / "upper/var/lib/machine/joined").exists()

    def _on(self, machine: Machine, command: str, *, timeout: float = 60) -> str:
        return self.fleet.ssh.run(machine.name, command, timeout=timeout)

    def _kubeadm(self, machine: Machine) -> None:
        try:
            self._on(machine, "systemctl start kubeadm.service", timeout=600)
        except CommandFailed as failed:
            log = "journalctl --unit kubeadm --output cat --no-pager --lines 12 || true"
            said = self._on(machine, log)
            raise LabError(f"kubeadm failed on {machine.name} ({failed.code}):\n{said}") from None

    def _write_kubeconfig(self, first: Machine) -> None:
        plan = self.fleet.plan
        text = self._on(first, "cat /etc/kubernetes/admin.conf")
        # The host need not know the lab's names; the certificates name the address as well.
        text = text.replace(f"https://{plan.api_name}:6443", f"https://{plan.virtual_ip}:6443")
        self.fleet.home.kubeconfig.touch(mode=0o600)
        self.fleet.home.kubeconfig.write_text(text)

    def _apply_workloads(self) -> None:
        plan = self.fleet.plan
        workers = len(plan.of(Role.WORKER))
        nodes = len(plan.of(Role.WORKER, Role.CONTROL_PLANE))
        demo = render(
            "cluster/demo.yaml.j2",
            images=plan.spec.release.images,
            workers=workers,
            replicas=min(3, workers or nodes),
        )
        budget = (FOLDER / "cluster/coredns-budget.yaml").read_text()
        dns = self._coredns(replicas=min(3, nodes))
        everything = "\n---\n".join((dns, budget, demo))
        # Admission needs the namespace's own service account, made a moment after the namespace.
        apply = functools.partial(self.kubectl, "apply", "--filename=-", stdin=everything)
        until(apply, "workloads accepted by the API", timeout=60, every=1.0)

    def _coredns(self, *, replicas: int) -> str:
        """kubeadm's own manifests of CoreDNS, with what they lack to survive a node or a zone."""
        first = self.fleet.plan.control_planes[0]
        config = "--config /etc/kubernetes/kubeadm.yaml"
        printed = self._on(first, f"kubeadm init phase addon coredns --print-manifest {config}")
        ours = _yaml.load(FOLDER / "cluster/coredns.yaml")
        ours["spec"]["replicas"] = replicas
        documents = [d for d in _yaml.load_all(printed) if d]
        merged = [_merge(d, ours) if d["kind"] == "Deployment" else d for d in documents]
        for one in merged:
            if one["kind"] == "Deployment":
                # The first look comes too early, and the next by default 10 s later.
                _container(one)["readinessProbe"]["periodSeconds"] = 2
        out = io.StringIO()
        _yaml.dump_all(merged, out)
        return out.getvalue()

    def _nodes_ready(self, api: Api) -> bool:
        self._approve_serving_certificates(api)
        plan = self.fleet.plan
        wanted = {m.name for m in plan.of(Role.CONTROL_PLANE, Role.WORKER)}
        ready = {
            node["metadata"]["name"]
            for node in api.items("/api/v1/nodes")
            for condition in node["status"].get("conditions", [])
            if condition["type"] == "Ready" and condition["status"] == "True"
            # The taint that keeps Pods away goes a moment after the condition comes.
            if not any(t["key"] == NOT_READY for t in node.get("spec", {}).get("taints") or ())
        }
        if wanted - ready:
            raise LabError(f"Not Ready: {', '.join(sorted(wanted - ready))}.")
        for name in sorted(wanted):
            # Through the apiserver to the kubelet: it lives now, and has a certificate.
            api.get(f"/api/v1/nodes/{name}/proxy/healthz")
        return True

    def _approve_serving_certificates(self, api: Api) -> None:
        # Kubernetes signs what a kubelet asks to serve with, but approves none of it by itself:
        # whether a name is a machine's own is for whoever made the machines to say.
        waiting = [
            csr["metadata"]["name"]
            for csr in api.items("/apis/certificates.k8s.io/v1/certificatesigningrequests")
            if csr["spec"]["signerName"] == "kubernetes.io/kubelet-serving"
            and not csr.get("status")
        ]
        if waiting:
            self.kubectl("certificate", "approve", *waiting)

    def _workloads_ready(self, api: Api) -> bool:
        complete = {"deployments": _deployed, "daemonsets": _on_every_node}
        short = [
            f"{one['metadata']['namespace']}/{one['metadata']['name']}"
            for kind, is_complete in complete.items()
            for one in api.items(f"/apis/apps/v1/{kind}")
            if not (_seen(one) and is_complete(one))
        ]
        if short:
            raise LabError(f"Without all their replicas: {', '.join(short)}.")
        return True


def _seen(workload: dict[str, Any]) -> bool:
    """Its controller has looked at it as it is now."""
    seen: int = workload.get("status", {}).get("observedGeneration", 0)
    return bool(seen >= workload["metadata"]["generation"])


def _deployed(deployment: dict[str, Any]) -> bool:
    status, wanted = deployment["status"], deployment["spec"]["replicas"]
    return bool(status.get("availableReplicas", 0) == status.get("updatedReplicas", 0) == wanted)


def _on_every_node(daemon_set: dict[str, Any]) -> bool:
    status = daemon_set["status"]
    return bool(status["numberReady"] == status["desiredNumberScheduled"])


def _container(deployment: Any) -> Any:
    return deployment["spec"]["template"]["spec"]["containers"][0]


def _merge(into: Any, ours: Any) -> Any:
    """Ours over theirs: mappings are merged, everything else is replaced."""
    if isinstance(into, dict) and isinstance(ours, dict):
        return into | {key: _merge(into.get(key), value) for key, value in ours.items()}
    return ours
