"""What the Pods of a critical workload ask for, and how they tell that they are well."""

from __future__ import annotations

from collections.abc import Callable

from chaos.cluster.facts import Container, Declared, Facts, KubernetesNode, NotAvailable, Workload
from chaos.conformance.critical import critical
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.taking import takes

# kubelet tells a node's 50 largest images and no more (nodeStatusMaxImages).
MOST_IMAGES = 50
NOT_PULLED = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")


def requests_are_set(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every container asks for processor and memory."""
    return _each_container(
        facts,
        inventory,
        lambda c: [f"asks for no {name}" for name in ("cpu", "memory") if name not in c.requests],
        "every container asks for processor and memory",
    )


def memory_is_limited(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every container has a limit of memory."""
    return _each_container(
        facts,
        inventory,
        lambda c: [] if "memory" in c.limits else ["has no limit of memory"],
        "every container has a limit of memory",
    )


def probes_are_set(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every container is asked whether it is ready and whether it lives.

    But those that something put into the Pods: their owner has nowhere to say it.
    """

    def lacking(container: Container) -> list[str]:
        if container.given:
            return []
        found = [] if container.readiness else ["has no readiness probe"]
        return found if container.liveness else [*found, "has no liveness probe"]

    return _each_container(facts, inventory, lacking, "every container has both probes")


def _each_container(
    facts: Facts, inventory: Declared, lacking: Callable[[Container], list[str]], well: str
) -> CheckOutcome:
    findings = Findings()
    for workload in critical(facts, inventory, findings):
        wrong = [f"{c.name} {what}" for c in _staying(workload) for what in lacking(c)]
        if not workload.containers:
            findings.gap(f"the containers of {workload}", "they were not looked at")
        elif wrong:
            findings.wrong.append(f"{workload}: {listed(wrong)}")
        else:
            findings.good.append(f"{workload}: {well}")
    return findings.outcome()


def _staying(workload: Workload) -> list[Container]:
    """Its containers but those that end before the others begin."""
    return [one for one in workload.containers if one.kind != "init"]


def priority_is_set(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Each has a priority above others': it finds a place when places are few."""
    findings = Findings()
    for workload in critical(facts, inventory, findings):
        value = workload.priority
        named = workload.priority_class or "no class"
        if value is None and workload.priority_class:
            findings.gap(f"the priority of {workload}", f"no Pod of it tells what {named} is worth")
        elif not value or value < 0:
            findings.wrong.append(f"{workload} has priority {value or 0} ({named}): as all others")
        else:
            findings.good.append(f"{workload} has priority {value} ({named})")
    return findings.outcome()


def images_are_there(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The images are on every node that a Pod may move to."""
    findings = Findings()
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("the nodes", facts.nodes)
        return findings.outcome()
    nodes = [(n.name, n.kubernetes) for n in facts.nodes if n.kubernetes]
    for workload in critical(facts, inventory, findings):
        stuck = [f"{p.pod} ({p.waiting})" for p in workload.pods if p.waiting in NOT_PULLED]
        if stuck:
            findings.wrong.append(f"{workload}: its image is not pulled: {listed(stuck)}")
        if not workload.containers:
            findings.gap(f"the images of {workload}", "they were not looked at")
        _images(workload, [(name, node) for name, node in nodes if takes(node, workload)], findings)
    return findings.outcome()


def _images(
    workload: Workload, nodes: list[tuple[str, KubernetesNode]], findings: Findings
) -> None:
    for container in workload.containers:
        lacking: list[str] = []
        unsure: list[str] = []
        for name, node in nodes:
            if not any(called in node.images for called in names(container.image)):
                told = node.images_told or len(node.images)
                (unsure if told >= MOST_IMAGES else lacking).append(name)
        what = f"{container.image} of {workload}"
        if lacking and container.pull == "Never":
            findings.wrong.append(f"{what} is not on {listed(lacking)}, and is never pulled")
        elif lacking:
            why = f"it is not on {listed(lacking)}; whether they could pull it was not tried"
            findings.gap(what, why)
        elif unsure:
            findings.gap(what, f"{listed(unsure)} told only of other images, and have more")
        elif nodes:
            findings.good.append(f"{what} is on all {len(nodes)} nodes that may take it")
        else:
            findings.wrong.append(f"no node may take {workload}")


def names(image: str) -> set[str]:
    """How a node may call an image: Docker Hub's host, and `library`, need not be said.

    A digest says more than a tag, which it goes by alone then; without either it is the latest.

    >>> sorted(names("nginx:1"))
    ['docker.io/library/nginx:1', 'library/nginx:1', 'nginx:1']
    >>> names("registry:5000/a/web:1@sha256:ab") == names("registry:5000/a/web@sha256:ab")
    True
    """
    path, at, digest = image.partition("@")
    folder, slash, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    which = f"@{digest}" if at else f":{tag or 'latest'}"
    short = f"{folder}{slash}{name}{which}".removeprefix("docker.io/").removeprefix("library/")
    if "/" in short:
        return {short, f"docker.io/{short}"}
    return {short, f"library/{short}", f"docker.io/library/{short}"}
