"""When the endpoint's address leaves a balancer that is silent or sick, by its settings."""

from __future__ import annotations

from pathlib import PurePath

from chaos.cluster.facts import (
    Declared,
    Facts,
    KeepalivedConfig,
    NotAvailable,
    VrrpInstance,
    VrrpScript,
)
from chaos.cluster.vrrp import Speaker, heeded, lets_go, priority, weight
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import told as _s
from chaos.conformance.virtual_ip import instances_of, moved

# Commands that go well, or fail, whatever HAProxy does.
BLIND = {"", "true", "false", ":", "echo", "exit"}


def moves_in_time(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Who takes the address over does so in time, by keepalived's settings."""
    findings, budget = Findings(), inventory.objectives.service
    for balancer, config, instance in moved(facts, inventory, findings):
        skew = (256 - instance.priority) / 256 * instance.advert
        power = 3 * instance.advert + skew
        scripts = _looking(config, instance)
        if lets_go(config, instance, scripts, _heirs(facts, inventory, balancer.node)):
            # One may just have gone well; then comes each failure, and its time.
            sick = max(
                script.fall * (script.interval + (script.timeout or script.interval)) + power
                for script in scripts
            )
            also = f"{_s(max(power, sick))} at most after its scripts find it sick"
        else:
            sick, also = power, "never because its scripts find it sick"
        told = (
            f"{balancer.node}: {_s(power)} after its holder falls silent, {also} "
            f"(advert {_s(instance.advert)})"
        )
        if max(power, sick) > budget:
            findings.wrong.append(f"{told}; {_s(budget)} are allowed")
        else:
            findings.good.append(told)
    return findings.outcome()


def holder_is_watched(facts: Facts, inventory: Declared) -> CheckOutcome:
    """keepalived asks whether the balancer on its machine works, and the address leaves if not."""
    findings = Findings()
    for balancer, config, instance in moved(facts, inventory, findings):
        known = {script.name for script in config.scripts}
        unknown = [name for name in instance.scripts if name not in known]
        where = f"{balancer.node}, instance {instance.name}"
        scripts = _looking(config, instance)
        names = listed(one.name for one in scripts)
        heirs = _heirs(facts, inventory, balancer.node)
        if (unknown or not scripts) and config.includes:
            findings.gap(f"{where}: its scripts", f"not read: {listed(config.includes)}")
        elif unknown:
            findings.wrong.append(f"{where}: there is no script {listed(unknown)}")
        elif blind := heeded(config, instance) if not scripts else []:
            said = listed(f'{one.name} ("{one.command}")' for one in blind)
            findings.wrong.append(f"{where}: {said} asks nothing of HAProxy")
        elif not scripts:
            findings.wrong.append(f"{where}: no script: it keeps the address with HAProxy dead")
        elif any(lets_go(config, instance, [one], heirs) for one in scripts):
            findings.good.append(f"{where} heeds {names}")
        elif not heirs:
            findings.gap(f"{where}: who takes it over", f"{names} only lower its priority")
        elif lets_go(config, instance, scripts, heirs):
            why = f"only with {names} failing together does it come after another"
            findings.gap(f"{where}: whether the address leaves with HAProxy dead", why)
        else:
            findings.wrong.append(f"{where}: {_kept(config, instance, scripts, heirs)}")
    return findings.outcome()


def _kept(
    config: KeepalivedConfig,
    instance: VrrpInstance,
    scripts: list[VrrpScript],
    heirs: list[Speaker],
) -> str:
    """Why it keeps the address though its scripts fail."""
    weights = listed(f"{one.name} {weight(instance, one)}" for one in scripts)
    left = priority(config, instance, failed={one.name for one in scripts})
    others = listed(
        f"{priority(theirs, heir)}{'' if heir.preempts else ' (nopreempt)'}"
        for theirs, heir in heirs
    )
    return (
        f"it keeps the address with HAProxy dead: its priority is then {left} (weight of "
        f"{weights}), the others have {others}"
    )


def _looking(config: KeepalivedConfig, instance: VrrpInstance) -> list[VrrpScript]:
    """The scripts that it heeds, without those that look at nothing."""
    return [one for one in heeded(config, instance) if _program(one.command) not in BLIND]


def _program(command: str) -> str:
    return PurePath(command.split(maxsplit=1)[0]).name if command.split() else ""


def _heirs(facts: Facts, inventory: Declared, node: str) -> list[Speaker]:
    """Who would take the address over from this balancer."""
    at = inventory.endpoint_address
    if at is None or isinstance(facts.balancers, NotAvailable):
        return []
    return [
        (other.keepalived, heir)
        for other in facts.balancers
        if other.node != node
        and other.keepalived is not None
        and not isinstance(other.keepalived, NotAvailable)
        for heir in instances_of(other.keepalived, at)
    ]
