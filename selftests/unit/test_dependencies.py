"""The lists of what we depend on agree with each other, and hold nothing that they must not."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
REGISTRY = re.compile(r"://|--(?:extra-)?index-url|--find-links|--trusted-host")
# LGPL is a library's; the classifiers of others say GPL, or spell it out.
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )General Public|Affero")


def canonical(requirement: str) -> str:
    """A requirement's name as indexes compare it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tools = (ROOT / "requirements.in").read_text().splitlines()
    return {
        canonical(line)
        for line in (*project["dependencies"], *tools)
        if line and not line.startswith("#")
    }


def locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {canonical(line) for line in lines if line[:1].isalnum()}


def test_lock_has_all_that_is_declared() -> None:
    assert declared() <= locked(), "run `make lock`"


def test_lock_names_no_registry() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if REGISTRY.search(line)] == []


def test_every_choice_is_explained() -> None:
    rows = re.findall(r"(?m)^\| (\S+) \|", (ROOT / "docs" / "dependencies.md").read_text())
    assert {canonical(row) for row in rows if row not in ("name", "---")} == declared()


def test_no_licence_reaches_our_code() -> None:
    reaching: dict[str, list[str]] = {}
    for installed in metadata.distributions():
        about = installed.metadata.json
        told = [str(about.get("license_expression", "")), str(about.get("license", ""))[:60]]
        told += [c for c in about.get("classifier", []) if c.startswith("License")]
        if canonical(installed.name) in locked() and COPYLEFT.search(" ".join(told)):
            reaching[installed.name] = told
    assert reaching == {}
