"""The balancers in front of the apiservers: whom they send to, and how they check them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, HaproxyBackend, HaproxyState, NotAvailable
from chaos.conformance.backends import Behind, behind, enabled, in_turn, nameless, node_at, node_of
from chaos.conformance.expectations import STRANGERS
from chaos.conformance.health_check import PATH, asked_at, shallow
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import told

# Fewer than so many for each server say nothing of how they are shared out.
ENOUGH = 3


def every_apiserver_is_behind(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every balancer sends to every serving control plane, and to nobody else."""
    findings = Findings()
    for one in behind(facts, inventory, findings):
        for name in sorted({s.host for b in one.backends for s in nameless(b, one.apiservers)}):
            findings.gap(f"who {name} is, to which {one.name} sends", "no node is called so")
        wrong = [what for backend in one.backends for what in _strangers(backend, one)]
        wrong += _elsewhere(facts, inventory, one)
        findings.wrong += [f"{one.name}, {what}" for what in wrong]
        if not wrong:
            spare = [s.name for _, s in one.servers() if s.backup]
            also = f"; only when those are down: {listed(spare)}" if spare else ""
            names = listed(one.apiservers.values())
            findings.good.append(f"{one.name} sends to {names} and to nobody else{also}")
    return findings.outcome()


def _strangers(backend: HaproxyBackend, one: Behind) -> Iterator[str]:
    where = f"backend {backend.name}"
    servers, unknown = enabled(backend), nameless(backend, one.apiservers)
    strangers = [
        f"{s.name} ({s.host})"
        for s in servers
        if s not in unknown and not node_of(s, one.apiservers)
    ]
    if strangers:
        yield f"{where}: no serving control plane: {listed(strangers)}"
    missing = sorted(set(one.apiservers.values()) - {node_of(s, one.apiservers) for s in servers})
    if missing and not unknown:
        yield f"{where}: not behind it: {listed(missing)}"
    if servers and all(s.backup for s in servers) and "allbackups" not in backend.options:
        yield f"{where}: every server is a backup: HAProxy sends to the first of them alone"


def _elsewhere(facts: Facts, inventory: Declared, one: Behind) -> Iterator[str]:
    """Servers at a port on which that machine's apiserver does not serve."""
    for backend, server in one.servers():
        found = facts.components.get(node_of(server, one.apiservers) or "", ())
        mine = () if isinstance(found, NotAvailable) else found
        serves = {c.flags.get("secure-port", "6443") for c in mine if c.name == "kube-apiserver"}
        # Without a port it is the one that the client came to.
        port = str(server.port or inventory.endpoint_port)
        if serves and port not in serves:
            told_ = f"{server.name} at port {port}, and its apiserver serves on {listed(serves)}"
            yield f"backend {backend.name}: {told_}"


def every_apiserver_is_checked(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every balancer asks /readyz of every server over TLS."""
    findings = Findings()
    tried = () if isinstance(facts.anonymous, NotAvailable) else facts.anonymous
    found = {one.status for one in tried if (one.what, one.path) == ("apiserver", PATH)}
    turned_away = frozenset(code for code in STRANGERS if code in found)
    for one in behind(facts, inventory, findings):
        elsewhere = [what for b in one.backends for what in _asked_elsewhere(b, one, findings)]
        wrong = [what for b in one.backends for what in _unchecked(b, turned_away)]
        findings.wrong += [f"{one.name}, {what}" for what in (*wrong, *elsewhere)]
        if not wrong and not elsewhere:
            names = listed(s.name for _, s in one.servers())
            findings.good.append(f"{one.name} asks https {PATH} of {names}")
    return findings.outcome()


def _unchecked(backend: HaproxyBackend, turned_away: frozenset[int]) -> Iterator[str]:
    where, servers = f"backend {backend.name}", enabled(backend)
    unchecked = [s.name for s in servers if not s.checked]
    if unchecked:
        yield f"{where}: never checked, and sent to when dead: {listed(unchecked)}"
    by_why: dict[str, list[str]] = {}
    for server in servers:
        if server.checked and (why := shallow(backend, server, turned_away)):
            by_why.setdefault(why, []).append(server.name)
    for why, names in by_why.items():
        yield f"{where}: {listed(names)}: {why}"


def _asked_elsewhere(backend: HaproxyBackend, one: Behind, findings: Findings) -> Iterator[str]:
    """Checks that ask another machine; where it cannot be told whose it is, that is noted."""
    servers = [(s, *asked_at(backend, s)) for s in enabled(backend) if s.checked]
    hosts = Counter(at for _, at, _ in servers)
    for server, at, port in servers:
        who = f"backend {backend.name}: {server.name}"
        other, own = node_at(at, one.apiservers), node_of(server, one.apiservers)
        if at != server.host and other != own and (other or hosts[at] > 1):
            yield f"{who}: the check asks {at}, which is another machine"
        elif port != server.port or (at != server.host and other != own):
            findings.gap(f"who answers the check of {one.name}, {who}", f"it asks {at} port {port}")


def every_apiserver_is_up(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The running process has all servers of its configuration, and has them up."""
    findings = Findings()
    for one in behind(facts, inventory, findings):
        states = one.balancer.states
        if isinstance(states, NotAvailable):
            findings.gap(f"what {one.name} sees", states)
            continue
        by_name = {(state.backend, state.server): state for state in states}
        up, unseen, empty = [], [], 0
        for backend, server in one.servers():
            state = by_name.get((backend.name, server.name))
            where = f"{one.name}, backend {backend.name}: {server.name} is configured, and the"
            if state is None:
                findings.wrong.append(f"{where} running HAProxy does not know it")
            elif server.slot and state.nobody:
                empty += 1
            elif not server.checked:
                unseen.append(server.name)
            elif not state.up:
                seen = f"{state.status} ({state.check})"
                findings.wrong.append(f"{where} running HAProxy has it as {seen}")
            else:
                up.append(server.name)
        filled, many = len(up) + len(unseen), len(one.apiservers)
        if empty and filled < many:
            found = f"finds {filled} of {many} apiservers for its server-template"
            findings.wrong.append(f"{one.name} {found}")
        if up:
            # That it should be checked is another item's to say.
            also = f"; never checked: {listed(unseen)}" if unseen else ""
            findings.good.append(f"{one.name} has {listed(up)} up{also}")
        elif unseen:
            findings.gap(f"whether {one.name} reaches {listed(unseen)}", "they are never checked")
    return findings.outcome()


def every_apiserver_is_used(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The balancer that is used has sent connections to every server that is not a backup."""
    findings, used = Findings(), False
    for one in behind(facts, inventory, findings):
        states = one.balancer.states
        if isinstance(states, NotAvailable):
            findings.gap(f"what {one.name} counts", states)
            continue
        names = {(b.name, s.name) for b in one.backends for s in in_turn(b)}
        mine = [s for s in states if (s.backend, s.server) in names and not s.nobody]
        seen = [s for s in mine if s.sessions is not None]
        counts = {s.server: s.sessions or 0 for s in seen}
        so_far = f"{one.name}: connections so far: {listed(f'{k} {v}' for k, v in counts.items())}"
        if backups := [s.name for b in one.backends for s in enabled(b) if s not in in_turn(b)]:
            up = listed(name for _, name in sorted(names))
            so_far += f"; none while {up} is up, for they are backups: {listed(backups)}"
        idle = [s for s in seen if not s.sessions]
        late = [s for s in idle if _expected(s, seen) < ENOUGH]
        if sum(counts.values()) < ENOUGH * max(1, len(names)):
            if one.balancer.holds_address is not True:
                findings.good.append(f"{one.name} was hardly used since it started")
                continue
            findings.gap(f"how {one.name} shares out", "it has had hardly any connection")
        elif never := [s.server for s in idle if s not in late]:
            findings.wrong.append(f"{so_far}: none went to {listed(never)}")
        elif late:
            since = listed(f"{s.server} for {told(s.since)}" for s in late if s.since is not None)
            findings.gap(so_far, f"as it is now it has {since}: too short to be sent to")
        else:
            used = True
            findings.good.append(so_far)
    if not used and not findings.wrong and not findings.gaps:
        findings.gap("how connections are shared out", "no balancer has had more than a few")
    return findings.outcome()


def _expected(server: HaproxyState, servers: list[HaproxyState]) -> float:
    """The connections that a server would have had by now, had it been sent to like the others.

    One that has been up for a minute of an hour can have had a sixtieth of their mean. They were
    there for as long as the one whose status is the oldest, or HAProxy started after all of them.
    """
    others = [s.sessions for s in servers if s.sessions]
    longest = max((s.since for s in servers if s.since), default=None)
    if not others:
        return 0.0
    mean = sum(others) / len(others)
    if server.since is None or longest is None:
        return mean
    return mean * (server.since / longest)
