"""A file of a machine, and the kinds that come again and again."""

from __future__ import annotations

from dataclasses import dataclass

from lab.templates import FOLDER


@dataclass(frozen=True, slots=True)
class File:
    """A file's content and mode; or a symbolic link to `link`; or an empty folder."""

    content: str = ""
    mode: int = 0o644
    link: str = ""
    folder: bool = False


Files = dict[str, File]


def fixed(name: str, mode: int = 0o644) -> File:
    """A file of lab/templates as it is."""
    return File((FOLDER / name).read_text(), mode)


def unit(name: str, content: str, *, wanted_by: str) -> Files:
    """A systemd unit that is enabled."""
    target = f"/etc/systemd/system/{wanted_by}.wants/{name}"
    return {f"/etc/systemd/system/{name}": File(content), target: File(link=f"../{name}")}


def enabled(name: str) -> Files:
    """A unit of the distribution, enabled."""
    path = f"/etc/systemd/system/multi-user.target.wants/{name}"
    return {path: File(link=f"/usr/lib/systemd/system/{name}")}
