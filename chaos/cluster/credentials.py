"""Credentials from a plugin, as kubeconfigs of managed clusters ask for them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos.errors import HoldfastError

SECONDS = 30.0


def from_plugin(plugin: Mapping[str, Any], *, source: str, folder: Path) -> dict[str, str]:
    """Run an exec plugin and return the fields of a kubeconfig's user that it stands for.

    Source: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/

    Raises:
        HoldfastError: it is not there, fails, wants to ask something, or takes more than 30 s.
    """
    name = str(plugin.get("command") or "")
    # A plugin that is named with a folder stands relative to the kubeconfig; others are on PATH.
    program = str(folder / name) if "/" in name else name
    version = plugin.get("apiVersion") or "client.authentication.k8s.io/v1"
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    environment = os.environ | {"KUBERNETES_EXEC_INFO": json.dumps(info)}
    environment |= {str(e["name"]): str(e["value"]) for e in plugin.get("env") or []}
    argv = [program, *(str(a) for a in plugin.get("args") or [])]
    try:
        done = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except OSError as error:
        hint = str(plugin.get("installHint") or "Install it.").strip().splitlines()[0]
        told = f"{source}: its credential plugin {name} cannot be run: {error.strerror}."
        raise HoldfastError(told, hint) from None
    except subprocess.TimeoutExpired:
        told = f"{source}: its credential plugin {name} took more than {SECONDS:g} s."
        raise HoldfastError(told, "Log in with it by hand first.") from None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        told = f"{source}: its credential plugin {name} failed: {why}"
        raise HoldfastError(told, "Log in with it by hand first.")
    return _fields(done.stdout, f"{source}: its credential plugin {name}")


def _fields(printed: str, whose: str) -> dict[str, str]:
    try:
        status = dict(json.loads(printed)["status"])
    except (ValueError, KeyError, TypeError):
        raise HoldfastError(f"{whose} printed no ExecCredential with a status.") from None
    fields = {"token": str(status["token"])} if status.get("token") else {}
    for ours, theirs in (
        ("client-certificate-data", "clientCertificateData"),
        ("client-key-data", "clientKeyData"),
    ):
        if data := status.get(theirs):
            fields[ours] = base64.b64encode(str(data).encode()).decode()
    return fields
