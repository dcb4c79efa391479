"""How a machine is reached: the URLs of testinfra that can be bounded in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

Kind = Literal["ssh", "docker", "podman", "local"]
CONNECT = timedelta(seconds=5)

_ANY = {"sudo", "sudo_user"}
_OPTIONS = {"ssh": _ANY | {"ssh_config", "ssh_identity_file", "timeout"}}


@dataclass(frozen=True, slots=True)
class Reach:
    """A URL, taken apart.

    Args:
        host: a name or address, or what ssh_config calls it; a container's name.
        connect: how long reaching it may take.
    """

    kind: Kind
    host: str
    user: str | None = None
    port: int | None = None
    ssh_config: Path | None = None
    identity: Path | None = None
    sudo: bool = False
    sudo_user: str | None = None
    connect: timedelta = CONNECT

    @property
    def files(self) -> tuple[Path, ...]:
        """The files here that it needs."""
        return tuple(f for f in (self.ssh_config, self.identity) if f)


def parse_url(url: str, folder: Path) -> Reach:
    """Take a URL of testinfra apart.

    Args:
        folder: what the files that it names are relative to.

    Raises:
        ValueError: says in one sentence what is wrong with it.
    """
    parts = urlsplit(url)
    if not parts.scheme or "://" not in url:
        raise ValueError(f'"{url}" is no URL: write ssh://{url}')
    if parts.scheme not in get_args(Kind):
        # testinfra has more; those cannot be ended from outside when they hang.
        known = ", ".join(f"{kind}://" for kind in get_args(Kind))
        raise ValueError(f'"{parts.scheme}://" is not known here: use one of {known}')
    kind = cast(Kind, parts.scheme)
    if parts.password:
        raise ValueError("passwords have no place in a URL: use a key")
    if kind != "local" and not parts.hostname:
        raise ValueError(f'"{url}" names no machine')
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known_options = _OPTIONS.get(kind, _ANY)
    for name in options.keys() - known_options:
        near = get_close_matches(name, known_options, 1) or sorted(known_options)
        raise ValueError(f'a {kind} URL has no option "{name}": did you mean "{near[0]}"?')
    return Reach(
        kind=kind,
        host=_host(parts.netloc),
        user=unquote(parts.username) if parts.username else None,
        port=_port(parts.netloc),
        ssh_config=_file(options.get("ssh_config"), folder),
        identity=_file(options.get("ssh_identity_file"), folder),
        sudo=options.get("sudo", "").lower() == "true",
        sudo_user=options.get("sudo_user"),
        connect=_seconds(options["timeout"]) if "timeout" in options else CONNECT,
    )


def _host(netloc: str) -> str:
    # urlsplit's own hostname is in lower case, and ssh_config tells Cp-1 from cp-1.
    host = netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return unquote(host.partition(":")[0])


def _port(netloc: str) -> int | None:
    text = netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if not text:
        return None
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise ValueError(f'"{text}" is no port')
    return int(text)


def _file(text: str | None, folder: Path) -> Path | None:
    return folder / Path(text).expanduser() if text else None


def _seconds(text: str) -> timedelta:
    if not (text.isdigit() and int(text)):
        raise ValueError(f'timeout is a whole number of seconds, not "{text}"')
    return timedelta(seconds=int(text))
