"""The keys on a node's disk: of each the public part, and who may read the file."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

from chaos.cluster.collect.stored import FOLDERS
from chaos.cluster.collect.x509 import key_of
from chaos.cluster.facts import KeyFile, NotAvailable
from chaos.cluster.shell import Said, quote

_MARK = "== "


def question(extra: Iterable[str] = ()) -> str:
    """Shell text that prints each key's file, permissions, owner and public key.

    The public key is worked out there: the private one is read by openssl or ssh-keygen alone.

    Args:
        extra: further folders.
    """
    folders = quote(*dict.fromkeys((*FOLDERS, *extra)))
    return f"""
public() {{
    case $1 in
    *.pub) sed -n '/-----BEGIN PUBLIC KEY-----/,/-----END PUBLIC KEY-----/p' "$1"; return ;;
    esac
    if command -v openssl >/dev/null; then openssl pkey -in "$1" -passin pass: -pubout
    elif command -v ssh-keygen >/dev/null; then ssh-keygen -y -P '' -f "$1"
    else echo "!there is neither openssl nor ssh-keygen"; fi </dev/null 2>/dev/null
}}
for d in {folders}; do
    find -H "$d" -maxdepth 1 '(' -name '*.key' -o -name '*.pub' -o -name '*key.pem' ')' \
        -printf '%m %u %p\\n' 2>/dev/null
done | sort -k 3 | while IFS= read -r f; do
    echo "{_MARK}$f"
    public "${{f#* * }}" || true
done
"""


def read(said: Said) -> tuple[KeyFile, ...] | NotAvailable:
    """What was printed."""
    if said.code:
        return NotAvailable(f"its keys could not be looked at: {said.why}")
    found = []
    for part in f"\n{said.out}".split(f"\n{_MARK}")[1:]:
        head, _, text = part.partition("\n")
        mode, owner, path = head.split(" ", 2)
        found.append(KeyFile(path=path, public=_public(text.strip()), mode=mode, owner=owner))
    return tuple(found)


def _public(text: str) -> str | NotAvailable:
    if not text or text.startswith("!"):
        return NotAvailable(text[1:] or "there is no key in it that can be read")
    try:
        load = load_pem_public_key if text.startswith("-----") else load_ssh_public_key
        return key_of(load(text.encode()))
    except ValueError:
        return NotAvailable("its public key cannot be read")
