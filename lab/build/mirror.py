"""The Debian mirror that this machine uses already."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lab.errors import LabError

VARIABLE = "HOLDFAST_DEBIAN_MIRROR"
CODENAMES = frozenset({"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid"})


@dataclass(frozen=True, slots=True)
class Source:
    """One archive that apt reads: a URI, a suite, its components, and who must have signed it."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""

    @property
    def debian(self) -> bool:
        """Whether this is Debian itself, not its security updates nor a vendor's archive.

        Vendors name Debian's suites too; but not with the component main and either no key of
        their own or Debian's.
        """
        suite = self.suite.removesuffix("-updates").removesuffix("-backports")
        signed = not self.signed_by or "debian-archive" in self.signed_by
        return suite in CODENAMES and "main" in self.components and signed


def one_line(text: str) -> Iterator[Source]:
    """The binary archives of a file in apt's one-line format (`*.list`)."""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if found is None:
            continue
        options, uri, suite, components = found.groups()
        signed = re.search(r"signed-by=(\S+)", options or "")
        yield Source(uri, suite, tuple(components.split()), signed[1] if signed else "")


def deb822(text: str) -> Iterator[Source]:
    """The enabled binary archives of a file in apt's deb822 format (`*.sources`)."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        components = tuple(fields.get("components", "").split())
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, components, fields.get("signed-by", ""))


def find(apt: Path = Path("/etc/apt"), environ: Mapping[str, str] = os.environ) -> str:
    """The URI of the Debian mirror: $HOLDFAST_DEBIAN_MIRROR, or what apt's own sources name.

    Raises:
        LabError: neither names one.
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE]
    for source in _sources(apt):
        uri = _mirror_list(source.uri) if source.uri.startswith("mirror+file:") else source.uri
        if source.debian and urlsplit(uri).scheme in {"http", "https", "file"}:
            return uri
    raise LabError(
        f"No Debian mirror is named in {apt}/sources.list nor in {apt}/sources.list.d.",
        f"Name one in the variable {VARIABLE}, as debootstrap takes it.",
    )


def _sources(apt: Path) -> Iterator[Source]:
    folder = apt / "sources.list.d"
    for path in [apt / "sources.list", *sorted(folder.glob("*.list"))]:
        if path.is_file():
            yield from one_line(path.read_text(errors="replace"))
    for path in sorted(folder.glob("*.sources")):
        yield from deb822(path.read_text(errors="replace"))


def _mirror_list(uri: str) -> str:
    """The first mirror of a list of mirrors on disk, as Debian's cloud images have them."""
    path = Path(urlsplit(uri).path)
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    named = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    return named[0] if named else ""
