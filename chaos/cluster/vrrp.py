"""With what priority keepalived speaks for an address, and when a failed check moves it.

Source: keepalived.conf(5), weight of vrrp_script, vrrp_track_process and track_script; RFC 5798,
6.4.2: a backup that may not preempt leaves even a lower priority alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chaos.cluster.facts import KeepalivedConfig, VrrpInstance, VrrpScript

# Whoever owns the address has this priority, whatever checks say.
OWNER = 255
Speaker = tuple[KeepalivedConfig, VrrpInstance]


def heeded(config: KeepalivedConfig, instance: VrrpInstance) -> list[VrrpScript]:
    """The checks that an instance heeds, of those that there are."""
    return [one for one in config.scripts if one.name in instance.scripts]


def priority(
    config: KeepalivedConfig, instance: VrrpInstance, *, failed: Collection[str] = ()
) -> int:
    """The priority while all is well, or while these checks fail.

    A positive weight is added while its check goes well, a negative one while it fails.
    """
    if instance.priority >= OWNER:
        return OWNER
    weights = {one.name: weight(instance, one) for one in heeded(config, instance)}
    counted = sum(w for name, w in weights.items() if (w < 0) == (name in failed))
    return min(OWNER - 1, max(1, instance.priority + counted))


def lets_go(
    config: KeepalivedConfig,
    instance: VrrpInstance,
    failed: Iterable[VrrpScript],
    heirs: Iterable[Speaker],
) -> bool:
    """Whether the address leaves its holder when these checks fail there, and nowhere else."""
    failing = list(failed)
    if not failing:
        return False
    if any(not weight(instance, one) for one in failing):
        return True
    left = priority(config, instance, failed={one.name for one in failing})
    return any(heir.preempts and priority(theirs, heir) > left for theirs, heir in heirs)


def weight(instance: VrrpInstance, script: VrrpScript) -> int:
    """What a check weighs for an instance; 0: when it fails the address is given up."""
    return instance.weights.get(script.name, script.weight)
