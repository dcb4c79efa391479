"""What a snapshot is worthless without: authorities, keys, the configuration of encryption."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import Archive, BackupFolder, Declared, Facts, NotAvailable
from chaos.conformance.backup_stores import stores
from chaos.conformance.backups import age_of
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed

# What a cluster cannot be built again without: of each kind one is enough, for they are equal.
KINDS = {
    "the authority's key": ("/kubernetes/pki/ca.key",),
    "the key of service accounts": ("/kubernetes/pki/sa.key",),
    "the front proxy's authority's key": ("/kubernetes/pki/front-proxy-ca.key",),
    "the key of etcd's authority": ("/pki/etcd/ca.key", "/etcd/pki/ca.key"),
}

_TOKENS = "/sa.key"


def are_kept(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Off their machines lie the authorities' keys, that of service accounts, and encryption's."""
    folders = stores(facts, inventory)
    if isinstance(folders, CheckOutcome):
        return folders
    findings = Findings()
    archives: list[tuple[BackupFolder, Archive]] = []
    for folder in folders:
        if isinstance(folder.archives, NotAvailable):
            findings.gap(f"archives in {folder.folder} on {folder.node}", folder.archives)
        else:
            archives += [(folder, one) for one in folder.archives]
    names: set[str] = set()
    for folder, one in archives:
        if isinstance(one.names, NotAvailable):
            findings.gap(f"what is in {one.path} on {folder.node}", one.names)
        elif inventory.backup_max_age and one.age > _fresh(inventory.backup_max_age):
            findings.good.append(f"{one.path} on {folder.node} is too old: {age_of(one.age)}")
        else:
            names |= {f"/{name.lstrip('./')}" for name in one.names}
    wanted = _wanted(facts, findings)
    lacking = [what for what, ends in wanted.items() if not _has(names, ends)]
    if lacking and not findings.gaps:
        what = "no fresh archive on another machine holds" if archives else "no archive there holds"
        findings.wrong.append(f"{what} {listed(lacking)}: a snapshot alone is no cluster")
    elif not lacking:
        findings.good.append(f"archives on other machines hold {listed(wanted)}")
    return findings.outcome()


def _wanted(facts: Facts, findings: Findings) -> dict[str, tuple[str, ...]]:
    """What must be kept, each with the ends of the paths that will do.

    Not the key of an authority that no machine has: it is kept elsewhere, and signs from there.
    """
    keys = list(facts.keys.values())
    paths = [one.path for held in keys if not isinstance(held, NotAvailable) for one in held]
    known = bool(paths) and not any(isinstance(held, NotAvailable) for held in keys)
    wanted = {
        what: ends
        for what, ends in KINDS.items()
        if not known or _TOKENS in ends[0] or any(path.endswith(ends) for path in paths)
    }
    if elsewhere := [what for what in KINDS if what not in wanted]:
        findings.good.append(f"no machine has {listed(elsewhere)}: kept elsewhere")
    for config in facts.encryption_configs.values():
        if config is not None and not isinstance(config, NotAvailable):
            wanted[config.path] = (config.path,)
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("whose keys they should be", facts.nodes)
    elif not any(is_control_plane(node) for node in facts.nodes):
        findings.gap("whose keys they should be", "no control plane is known")
    return wanted


def _has(names: set[str], ends: tuple[str, ...]) -> bool:
    """Whether one of these is there, however far up the archive was begun: `pki/sa.key` will do.

    And wherever the folder was copied to: what lies beside `sa.key` is the cluster's.
    """
    tops = {name.removesuffix(_TOKENS) for name in names if name.endswith(_TOKENS)}
    for end in ends:
        folder, _, file = end.rpartition("/")
        above = folder.rpartition("/")[2]
        within = f"/etcd/{file}" if "/etcd" in folder else f"/{file}"
        # An `/pki/ca.key` beside `/pki/sa.key` is the cluster's, and not etcd's.
        short = {f"/{above}/{file}"} if within == f"/{file}" or f"/{above}" not in tops else set()
        if names & {*short, within, *(f"{top}{within}" for top in tops)}:
            return True
        if any(name.endswith(end) for name in names):
            return True
    return False


def _fresh(limit: timedelta) -> timedelta:
    """Keys change seldom: what was kept with one of the last snapshots will do."""
    return max(2 * limit, timedelta(days=7))
