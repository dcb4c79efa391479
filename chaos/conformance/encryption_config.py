"""How the apiservers are told to encrypt what they store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from chaos.cluster.facts import (
    Declared,
    EncryptionConfig,
    EncryptionRule,
    Facts,
    NotAvailable,
    StoredKeys,
)
from chaos.conformance.encryption import REQUIRED, rest
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed

PLAIN = "identity"
NONE = "has no --encryption-provider-config: what it stores is plain"


def equal_on_all(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Byte for byte one configuration: what one apiserver writes the others can read."""
    findings = Findings()
    by_hash: dict[str, list[str]] = defaultdict(list)
    for node, config in _each(facts, findings):
        by_hash[config.sha256 if config else ""].append(node)
        if config and config.changed:
            why = f"{config.path} was changed after it had started: it reads it at its next start"
            findings.gap(f"what the apiserver of {node} encrypts by", why)
    if set(by_hash) == {""}:
        findings.wrong.append(f"{listed(by_hash[''])}: it {NONE}")
    elif "" in by_hash:
        findings.wrong.append(f"{listed(by_hash[''])} {NONE}, and others encrypt")
    elif len(by_hash) > 1:
        told = "; ".join(f"{h[:12]} on {listed(on)}" for h, on in sorted(by_hash.items()))
        findings.wrong.append(f"the apiservers have several configurations: {told}")
    elif by_hash:
        ((digest, on),) = by_hash.items()
        findings.good.append(f"{listed(on)} have one configuration ({digest[:12]})")
    return findings.outcome()


def first_provider_encrypts(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No rule's first provider, which writes, is identity, but to leave out; one is for Secrets."""
    findings = Findings()
    for node, config in _each(facts, findings):
        if config is None:
            findings.wrong.append(f"the apiserver of {node} {NONE}")
            continue
        for at, rule in enumerate(config.rules):
            _rule(f"{config.path} on {node}", rule, config.rules[at + 1 :], findings)
        if rule_for(REQUIRED, config.rules) is None:
            findings.wrong.append(f"{config.path} on {node} has no rule for {REQUIRED}")
    return findings.outcome()


def _rule(
    where: str, rule: EncryptionRule, later: tuple[EncryptionRule, ...], findings: Findings
) -> None:
    """Whether a rule writes encrypted.

    kubernetes.io's way to leave a resource out of a wildcard is a rule before it that has identity
    alone: somebody's decision, which is told. Secrets are not to be left out.
    """
    names = listed(rule.resources)
    if encrypts(rule):
        findings.good.append(f"{where}: {names} are written by {rule.providers[0]}")
    elif rule.providers == (PLAIN,) and all(_left_out(name, later) for name in rule.resources):
        findings.good.append(f"{where}: {names} are left out, by a rule of their own")
    else:
        findings.wrong.append(f"{where}: {names} are written as they are")


def _left_out(name: str, later: tuple[EncryptionRule, ...]) -> bool:
    wide = rule_for(name, later)
    return "*" not in name and name != REQUIRED and wide is not None and encrypts(wide)


def rule_for(resource: str, rules: Iterable[EncryptionRule]) -> EncryptionRule | None:
    """The first rule that is for a resource, which the apiserver takes."""
    wanted = {resource, f"*.{resource.partition('.')[2]}", "*.*"}
    return next((rule for rule in rules if wanted & set(rule.resources)), None)


def encrypts(rule: EncryptionRule) -> bool:
    """Whether what it is for is written encrypted."""
    return bool(rule.providers) and rule.providers[0] != PLAIN


def keys_are_own(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No key is one of those that tutorials print, nor readable text."""
    findings = Findings()
    for node, config in _each(facts, findings):
        if config is None:
            findings.wrong.append(f"the apiserver of {node} {NONE}")
            continue
        where = f"{config.path} on {node}"
        if config.copied:
            keys = counted(config.copied, "key")
            findings.wrong.append(f"{where} has {keys} of a published example: everybody has it")
        if config.phrases:
            keys = counted(config.phrases, "key")
            findings.wrong.append(f"{where} has {keys} made of readable text, not of random bytes")
        if not config.copied and not config.phrases:
            what = f"{counted(config.keys, 'key')} of its own" if config.keys else "no key in it"
            findings.good.append(f"{where} has {what}")
    return findings.outcome()


def declared_is_encrypted(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """What the rules name is encrypted in etcd, what was never written anew as well."""
    findings = Findings()
    configs = [config for _, config in _each(facts, findings) if config]
    names = {
        name
        for config in configs
        for rule in config.rules
        if encrypts(rule)
        for name in rule.resources
    }
    if isinstance(facts.encryption, NotAvailable):
        findings.gap("the raw values in etcd", facts.encryption)
        return findings.outcome()
    seen = {keys.resource: keys for keys in facts.encryption.resources}
    wide = {name for name in names if "*" in name}
    meant = {name for name in seen if any(_meant(name, config) for config in configs)}
    for name in sorted((names - wide) | meant):
        _looked_at(name, seen.get(name), findings)
    for name in sorted(wide):
        findings.gap(f"the rest of {name}", f"of it were looked at: {listed(sorted(meant))}")
    if not names and not findings.gaps:
        findings.wrong.append("no rule names anything to encrypt")
    return findings.outcome()


def _meant(name: str, config: EncryptionConfig) -> bool:
    rule = rule_for(name, config.rules)
    return rule is not None and encrypts(rule)


def _looked_at(name: str, keys: StoredKeys | None, findings: Findings) -> None:
    if keys is None:
        findings.gap(f"{name} in etcd", "nobody looked at them")
        return
    plain = [one.key for one in keys.looked_at if not one.encrypted]
    of = f"{len(keys.looked_at)} of {keys.count} {name}"
    if plain:
        told = listed(plain, most=3)
        findings.wrong.append(f"{len(plain)} of {of} that were looked at are plain: {told}")
    elif not keys.looked_at:
        findings.gap(f"{name} in etcd", "there is none to look at")
    else:
        findings.good.append(f"{of} were looked at, and are encrypted")
        if keys.by_name:
            findings.gap(f"the other {name}", rest(keys))


def _each(facts: Facts, findings: Findings) -> Iterator[tuple[str, EncryptionConfig | None]]:
    """The configuration of each apiserver; None where it has none."""
    for node, config in facts.encryption_configs.items():
        if isinstance(config, NotAvailable):
            findings.gap(f"the encryption configuration of {node}", config)
        else:
            yield node, config
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("whether these are all apiservers", facts.nodes)
        return
    for known in facts.nodes:
        if is_control_plane(known) and known.name not in facts.encryption_configs:
            findings.gap(f"the encryption configuration of {known.name}", "it was not asked")
    if not facts.encryption_configs:
        findings.gap("the encryption configuration", "no control plane can be looked at")
