"""Whether each apiserver knows the members of etcd that it should."""

from __future__ import annotations

from chaos.cluster.facts import Declared, EtcdFacts, EtcdMember, Facts, NodeFact, NotAvailable
from chaos.conformance.etcd import name_of
from chaos.conformance.etcd_running import Place, place
from chaos.conformance.leads import LOCAL
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.programs import APISERVER, running


def apiservers_know_it(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Each apiserver has endpoints of its own member or of all, over TLS, and no unknown ones."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    for one in running(APISERVER, facts, findings):
        urls = [url for url in one.flags.get("etcd-servers", "").split(",") if url]
        if urls:
            _judge(one.node, urls, etcd, nodes, inventory, findings)
        else:
            why = "it has no --etcd-servers"
            findings.gap(f"the endpoints that the apiserver of {one.node} knows", why)
    return findings.outcome()


def _judge(
    node: str,
    urls: list[str],
    etcd: EtcdFacts,
    nodes: tuple[NodeFact, ...],
    inventory: Declared,
    findings: Findings,
) -> None:
    who = f"the apiserver of {node}"
    hosts = {n.name: {n.address, n.name} for n in nodes}
    found = {url: _members(place(url), node, etcd, hosts) for url in urls}
    known = {member.id for members in found.values() for member in members}
    mine = {member.id for member in etcd.members if member.node == node}
    at_home = [url for url in urls if place(url)[0] in LOCAL]
    strangers = [url for url in urls if not found[url] and url not in at_home]
    missing = [name_of(member) for member in etcd.voters if member.id not in known]
    if plain := [url for url in urls if not url.startswith("https://")]:
        findings.wrong.append(f"{who} speaks to {listed(plain)} without TLS")
    elif strangers:
        findings.wrong.append(f"{who} knows {listed(strangers)}, where no member is")
    elif at_home and not known and all(member.node for member in etcd.members):
        findings.wrong.append(f"{who} knows {listed(at_home)}, and no member is on its machine")
    elif at_home and not known:
        findings.gap(f"whom {who} knows", f"which member is at {listed(at_home)} is not known")
    elif not missing or (mine & known and inventory.etcd_topology != "external"):
        findings.good.append(f"{who} knows {listed(urls)}")
    else:
        count = f"{len(etcd.voters) - len(missing)} of {len(etcd.voters)} members"
        which = "" if inventory.etcd_topology == "external" else ", and not its own"
        findings.wrong.append(f"{who} knows {count}{which}: {listed(urls)}")


def _members(
    where: Place, node: str, etcd: EtcdFacts, hosts: dict[str, set[str]]
) -> list[EtcdMember]:
    """The members that are found there: by their URLs, or by their machine and a port of theirs."""
    host, port = where
    found = []
    for member in etcd.members:
        theirs = [place(url) for url in member.client_urls]
        here = host in LOCAL and member.node == node
        there = host in hosts.get(member.node or "", ()) and port in {p for _, p in theirs}
        if where in theirs or here or there:
            found.append(member)
    return found
