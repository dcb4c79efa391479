"""Which Debian mirror apt's own sources name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.build import mirror
from lab.errors import LabError

DEB822 = """\
# Comments may stand anywhere.
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
# here too
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
VENDORS = """\
deb [arch=amd64 signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example/apt bookworm main
deb https://vendor.example/sdk sdk-bookworm main
deb https://vendor.example/docker bookworm stable
deb https://vendor.example/chrome stable main
"""


def apt(folder: Path, **files: str) -> Path:
    (folder / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        stem, _, suffix = name.partition("_")
        where = folder if name == "sources_list" else folder / "sources.list.d"
        (where / f"{stem}.{suffix}").write_text(text)
    return folder


def test_deb822(tmp_path: Path) -> None:
    sources = apt(tmp_path / "apt", debian_sources=DEB822, a_list=VENDORS)
    assert mirror.find(sources, {}) == "http://mirror.example/debian/"


def test_one_line(tmp_path: Path) -> None:
    text = (
        "# deb http://commented.example/debian trixie main\n"
        "deb-src http://source.example/debian trixie main\n"
        "deb http://mirror.example/security trixie-security main # not this\n"
        "deb [ arch=amd64 ] http://mirror.example/debian trixie main contrib # this\n"
    )
    sources = apt(tmp_path / "apt", sources_list=text, vendors_list=VENDORS)
    assert mirror.find(sources, {}) == "http://mirror.example/debian"


def test_a_disabled_stanza_does_not_count(tmp_path: Path) -> None:
    text = DEB822.replace("Types: deb deb-src", "Enabled: no\nTypes: deb")
    with pytest.raises(LabError):
        mirror.find(apt(tmp_path / "apt", debian_sources=text), {})


def test_continued_fields() -> None:
    text = "Types: deb\nURIs:\n http://one.example/debian\n http://two.example/debian\n"
    found = list(mirror.deb822(text + "Suites: trixie\nComponents: main\n"))
    assert [source.uri for source in found] == [
        "http://one.example/debian",
        "http://two.example/debian",
    ]


def test_a_list_of_mirrors_on_disk(tmp_path: Path) -> None:
    names = tmp_path / "mirrors.list"
    names.write_text(
        "# ours\nhttps://near.example/debian\tpriority:1\nhttps://far.example/debian\n"
    )
    text = DEB822.replace("http://mirror.example/debian/", f"mirror+file://{names}")
    sources = apt(tmp_path / "apt", debian_sources=text)
    assert mirror.find(sources, {}) == "https://near.example/debian"


def test_the_variable_comes_first(tmp_path: Path) -> None:
    sources = apt(tmp_path / "apt", debian_sources=DEB822)
    environ = {mirror.VARIABLE: "http://wanted.example/debian"}
    assert mirror.find(sources, environ) == "http://wanted.example/debian"


@pytest.mark.parametrize(
    "text",
    ["", VENDORS, "deb http://ubuntu.example/ubuntu noble main\n", "deb cdrom:[x]/ trixie main\n"],
    ids=["none", "vendors", "ubuntu", "cdrom"],
)
def test_without_debian_the_variable_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(LabError, match=mirror.VARIABLE):
        mirror.find(apt(tmp_path / "apt", sources_list=text), {})
