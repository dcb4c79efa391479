"""A control plane's program with other flags: its static Pod's manifest, changed and put back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.scraped import until_scraped

_WELL = {
    "etcd": "http://127.0.0.1:2381/health",
    "kube-apiserver": "https://127.0.0.1:6443/readyz",
    "kube-controller-manager": "https://127.0.0.1:10257/healthz",
    "kube-scheduler": "https://127.0.0.1:10259/healthz",
}
LONGEST = 90
"""Seconds within which kubelet has ended the old one and the new one runs."""
LONGEST_TOLD = 180
"""Seconds within which kubelet has told so: 94 were seen, after three restarts in a row."""


class OtherFlag(Defect):
    """One control plane's program has another flag than it should have.

    Attributes:
        machine: whose.
        program: which, as its manifest is called.
        flag: without its dashes.
        value: what it is instead.
    """

    machine: ClassVar[str] = "cp-2"
    program: ClassVar[str]
    flag: ClassVar[str]
    value: ClassVar[str]

    def plant(self, bench: Bench) -> None:
        """Give it the flag, and wait until it and what leans on it work."""
        set_flag(bench, self.machine, self.program, self.flag, self.value)
        self.settle(bench)

    def mend(self, bench: Bench) -> None:
        """Give it its own flags again, and wait as before."""
        as_it_was(bench, self.machine, self.program)
        self.settle(bench)

    @abstractmethod
    def settle(self, bench: Bench) -> None:
        """Wait until what its restart disturbed is as it was."""


def path_of(program: str) -> str:
    """Where its manifest lies."""
    return f"/etc/kubernetes/manifests/{program}.yaml"


def set_flag(bench: Bench, machine: str, program: str, flag: str, value: str) -> None:
    """Give it a flag, in the place of its value or as one more; return when it serves so."""

    def change(text: str) -> str:
        return with_flag(text, program, flag, value)

    bench.change_file(machine, path_of(program), change)
    _until_it_runs(bench, machine, program, lambda words: f"--{flag}={value}" in words)


def without_flag(bench: Bench, machine: str, program: str, flag: str) -> None:
    """Take a flag from it; return when it serves so."""
    mark = f"- --{flag}="

    def change(text: str) -> str:
        return "".join(line for line in text.splitlines(True) if not line.strip().startswith(mark))

    bench.change_file(machine, path_of(program), change)
    _until_it_runs(bench, machine, program, lambda words: f"--{flag}=" not in words)


def as_it_was(bench: Bench, machine: str, program: str) -> None:
    """Give it its own flags again; return when it serves with them."""
    bench.put_back(machine, path_of(program))
    own = bench.on(machine, f"sed -n 's/^ *- \\(--.*\\)$/\\1/p' {path_of(program)}").split()
    _until_it_runs(bench, machine, program, lambda words: set(words.split()) >= set(own))


def with_flag(text: str, program: str, flag: str, value: str) -> str:
    """A manifest with this flag.

    >>> with_flag("  - etcd\\n  - --name=a\\n", "etcd", "name", "b")
    '  - etcd\\n  - --name=b\\n'
    """
    lines = []
    for line in text.splitlines(keepends=True):
        indent = line[: len(line) - len(line.lstrip())]
        if line.strip().startswith(f"- --{flag}="):
            continue
        lines.append(line)
        if line.strip() == f"- {program}":
            lines.append(f"{indent}- --{flag}={value}\n")
    return "".join(lines)


def words_of(bench: Bench, machine: str, program: str) -> list[str]:
    """The command line of each that runs there, with blanks between the words."""
    ask = f"for p in $(pidof {program}); do tr '\\0' ' ' </proc/$p/cmdline; echo; done"
    return bench.on(machine, ask).splitlines()


def _until_it_runs(bench: Bench, machine: str, program: str, right: Callable[[str], bool]) -> None:
    # The old one has ended and the new one runs when all that run are right, and one does.
    def runs() -> bool:
        lines = words_of(bench, machine, program)
        return bool(lines) and all(map(right, lines))

    until(runs, f"{program} on {machine} runs as it is told", timeout=LONGEST)
    ask = f"curl --silent --insecure --fail --output /dev/null --max-time 5 {_WELL[program]}"
    serves = f"{ask} && echo well || true"
    until(lambda: bench.on(machine, serves), f"{program} on {machine} serves", timeout=LONGEST)
    told = f"the API tells of {program} on {machine} that it is ready"
    until(partial(_is_told_ready, bench, machine, program), told, timeout=LONGEST_TOLD, every=0.5)
    until_scraped(bench)


def _is_told_ready(bench: Bench, machine: str, program: str) -> bool:
    # The mirror Pod tells of the one before for a while: it must be ready, and the one that runs.
    ask = "crictl ps --no-trunc --quiet --label io.kubernetes.container.name"
    runs = bench.on(machine, f"{ask}={program}").split()
    named = f"--field-selector=metadata.name={program}-{machine}"
    pods = bench.kubectl.items("pods", "--namespace=kube-system", named)
    told = [one for pod in pods for one in pod["status"].get("containerStatuses", [])]
    ready = [one["containerID"].partition("://")[2] for one in told if one["ready"]]
    return bool(ready) and ready == runs
