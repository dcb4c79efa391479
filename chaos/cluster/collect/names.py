"""What a machine's resolvers say of a name: asked as DNS asks, one by one.

Source: RFC 1035, 4.1.
"""

from __future__ import annotations

import ipaddress
import struct
from datetime import timedelta

from chaos.cluster.facts import NotAvailable, Resolved
from chaos.cluster.shell import Said, quote

SYSTEM = "system"
_A, _AAAA, _CNAME, _IN = 1, 28, 5, 1
# Set where the resolver has the record itself: else its time is what is left of it.
_AUTHORITATIVE = 0x0400
# No byte of it is a line feed, which bash's printf may take for the end of a piece.
_ID = 0x4846
_CODES = {0: "", 2: "it fails (SERVFAIL)", 3: "there is no such name (NXDOMAIN)", 5: "it refuses"}


def question(name: str, address: str | None) -> str:
    """Shell text that prints what the library and each resolver of the machine answer.

    Args:
        address: the one that is expected, by which it is seen what kind is to be asked for.
    """
    kind = _AAAA if address and ":" in address else _A
    packet = "".join(f"\\x{byte:02x}" for byte in _packet(name, kind))
    ask = (
        f"exec 3<>/dev/udp/$1/53 && printf '{packet}' | "
        "dd bs=1024 iflag=fullblock status=none >&3 && "
        "timeout $2 dd bs=4096 count=1 status=none <&3 | od -An -v -tx1"
    )
    return f"""
own=$(timeout 5 getent ahosts {quote(name)} | awk '{{print $1}}' | sort -u)
echo {SYSTEM} $own
file=/etc/resolv.conf
# What systemd-resolved shows there is itself: its own list has whom it asks.
grep -q '^nameserver 127\\.0\\.0\\.5[34]' $file && [ -r /run/systemd/resolve/resolv.conf ] &&
    file=/run/systemd/resolve/resolv.conf
command -v bash >/dev/null || {{ echo there is no bash to ask resolvers with >&2; exit 1; }}
for r in $(awk '$1 == "nameserver" {{print $2}}' $file | sort -u); do
    said=
    # A single packet may be lost on its way.
    for wait in 1 2; do
        [ -n "$said" ] ||
            said=$(timeout 3 bash -c {quote(ask)} ask "$r" $wait 2>/dev/null | tr -d '\\n')
    done
    echo "$r" $said
done
"""


def _packet(name: str, kind: int) -> bytes:
    header = struct.pack(">HHHHHH", _ID, 0x0100, 1, 0, 0, 0)
    labels = b"".join(
        bytes([len(part)]) + part.encode("idna") for part in name.strip(".").split(".")
    )
    return header + labels + b"\0" + struct.pack(">HH", kind, _IN)


def read(said: Said) -> tuple[Resolved, ...] | NotAvailable:
    """What was printed."""
    if said.code:
        return NotAvailable(f"its resolvers could not be asked: {said.why}")
    found = []
    for line in said.out.splitlines():
        who, *rest = line.split()
        if who == SYSTEM:
            why = "" if rest else "it finds no address"
            found.append(Resolved(resolver=SYSTEM, addresses=tuple(rest), error=why))
            continue
        try:
            found.append(_answer(who, bytes.fromhex("".join(rest))))
        except (ValueError, struct.error, IndexError):
            found.append(Resolved(resolver=who, error="its answer cannot be read"))
    return tuple(found)


def _answer(resolver: str, packet: bytes) -> Resolved:
    if not packet:
        return Resolved(resolver=resolver, error="it does not answer")
    _, flags, questions, answers = struct.unpack(">HHHH", packet[:8])
    if code := flags & 0xF:
        return Resolved(resolver=resolver, error=_CODES.get(code, f"it answers with code {code}"))
    at = 12
    for _ in range(questions):
        at = _behind_name(packet, at) + 4
    addresses, times = [], []
    for _ in range(answers):
        at = _behind_name(packet, at)
        kind, _, ttl, length = struct.unpack(">HHIH", packet[at : at + 10])
        data = packet[at + 10 : at + 10 + length]
        at += 10 + length
        if kind in (_A, _AAAA, _CNAME):
            times.append(ttl)
        if kind in (_A, _AAAA):
            addresses.append(str(ipaddress.ip_address(data)))
    ttl = timedelta(seconds=min(times)) if times else None
    return Resolved(
        resolver=resolver,
        addresses=tuple(sorted(addresses)),
        ttl=ttl,
        authoritative=bool(flags & _AUTHORITATIVE),
    )


def _behind_name(packet: bytes, at: int) -> int:
    """Where a name ends: at a zero byte, or at two that point elsewhere."""
    while packet[at]:
        if packet[at] & 0xC0 == 0xC0:
            return at + 2
        at += packet[at] + 1
    return at + 1
