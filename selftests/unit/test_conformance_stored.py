"""What turns the items of encryption and snapshots red, and what the evidence then names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chaos.cluster import facts as f
from chaos.measure.verdict import Verdict
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_changes import Case, Change, both, is_red, named, of, one, store
from selftests.unit.conformance_deep import PLANES
from selftests.unit.conformance_support import good, known, told, verdict

RULE = f.EncryptionRule(resources=("secrets",), providers=("identity", "secretbox"))
AGO = timedelta(minutes=42)
FILE = f.BackupFile(path="/var/backups/offsite/cp-3/cp-3.db", size=4096, age=timedelta(minutes=12))


def grown(etcd: f.EtcdFacts) -> f.EtcdFacts:
    """With databases that hold much more than the snapshots."""
    large = tuple(replace(s, db_size=99_000_000, db_in_use=99_000_000) for s in etcd.statuses)
    return replace(etcd, statuses=large)


def rules(*rules: tuple[str, ...]) -> Change:
    """With these rules everywhere: a resource, and its providers."""
    made = tuple(f.EncryptionRule(resources=(r[0],), providers=r[1:]) for r in rules)
    config = deep.encryption(rules=made)
    return lambda facts: replace(facts, encryption_configs=dict.fromkeys(PLANES, config))


def stored(resource: str, count: int, begins: str = "k8s:enc:secretbox:v1:") -> Change:
    """With so many keys of a resource, of which fifty at most were looked at."""
    seen = tuple(f.StoredKey(key=f"/{n}", prefix=begins) for n in range(min(count, 50)))
    keys = f.StoredKeys(resource=resource, looked_at=seen, count=count)

    def change(facts: f.Facts) -> f.Facts:
        others = (one for one in known(facts.encryption).resources if one.resource != resource)
        return one("encryption", resources=(*others, keys))(facts)

    return change


SECRETS = ("secrets", "secretbox")
OPT_OUT = rules(("events", "identity"), ("*.*", "secretbox"))
FIRST, ALL = "encryption-provider-first", "encryption-resources"
ENDS: list[tuple[str, Change, Verdict, str]] = [
    (FIRST, OPT_OUT, Verdict.PASS, "events are left out, by a rule of their own"),
    (FIRST, rules(("events", "identity"), ("*.", "secretbox")), Verdict.PASS, "left out"),
    (FIRST, rules(("secrets", "identity"), ("*.*", "kms")), Verdict.FAIL, "secrets are written as"),
    (FIRST, rules(("events", "identity", "kms"), ("*.*", "kms")), Verdict.FAIL, "events are writ"),
    (FIRST, rules(("x.apps", "identity"), SECRETS, ("*.", "kms")), Verdict.FAIL, "x.apps are writ"),
    (FIRST, rules(SECRETS, ("*.*", "identity")), Verdict.FAIL, "*.* are written as they are"),
    (FIRST, rules(("*.apps", "kms")), Verdict.FAIL, "has no rule for secrets"),
    (ALL, rules(SECRETS, ("configmaps", "kms")), Verdict.NOT_COVERED, "nobody looked at them"),
    (
        ALL,
        both(rules(SECRETS, ("configmaps", "kms")), stored("configmaps", 0)),
        Verdict.NOT_COVERED,
        "configmaps in etcd: there is none to look at",
    ),
    (ALL, stored("secrets", 5000), Verdict.PASS, "50 of 5000 secrets"),
    (ALL, stored("secrets", 5001), Verdict.NOT_COVERED, "of 5001 the first 50 by name"),
    ("etcd-encrypted", stored("secrets", 5001), Verdict.NOT_COVERED, "of 5001 the first 50"),
    (ALL, OPT_OUT, Verdict.NOT_COVERED, "the rest of *.*: of it were looked at: secrets"),
    (ALL, both(OPT_OUT, stored("events", 3, "k8s")), Verdict.NOT_COVERED, "looked at: secrets"),
    (ALL, both(OPT_OUT, stored("configmaps", 3, "k8s")), Verdict.FAIL, "3 of 3 of 3 configmaps"),
]


@pytest.mark.parametrize(("item", "change", "ends", "said"), ENDS, ids=range(len(ENDS)))
def test_what_is_to_be_encrypted(item: str, change: Change, ends: Verdict, said: str) -> None:
    facts = change(good())
    assert (verdict(item, facts), said in told(item, facts)) == (ends, True), told(item, facts)


def at_revision(etcd: f.EtcdFacts, revision: int) -> f.EtcdFacts:
    return replace(etcd, statuses=tuple(replace(s, revision=revision) for s in etcd.statuses))


RED: list[Case] = [
    (
        "encryption-config-equal",
        of("encryption_configs", "cp-2", deep.encryption(sha256="a" * 64)),
        "several configurations: 5ec5ec5ec5ec on cp-1, cp-3; aaaaaaaaaaaa on cp-2",
    ),
    (
        "encryption-config-equal",
        of("encryption_configs", "cp-2", None),
        "cp-2 has no --encryption-provider-config: what it stores is plain, and others encrypt",
    ),
    (
        "encryption-provider-first",
        of("encryption_configs", "cp-2", deep.encryption(rules=(RULE,))),
        "on cp-2: secrets are written as they are",
    ),
    (
        "encryption-provider-first",
        of("encryption_configs", "cp-2", deep.encryption(rules=())),
        "on cp-2 has no rule for secrets",
    ),
    (
        "encryption-key-own",
        of("encryption_configs", "cp-2", deep.encryption(copied=1)),
        "on cp-2 has 1 key of a published example",
    ),
    (
        "encryption-key-own",
        of("encryption_configs", "cp-2", deep.encryption(phrases=1)),
        "on cp-2 has 1 key made of readable text",
    ),
    (
        "encryption-resources",
        lambda facts: replace(
            facts,
            encryption=f.EncryptionFacts(
                asked="cp-1",
                resources=(
                    f.StoredKeys(
                        resource="secrets",
                        looked_at=(f.StoredKey(key="/registry/secrets/shop/old", prefix="k8s"),),
                        count=9,
                    ),
                ),
            ),
        ),
        "1 of 1 of 9 secrets that were looked at are plain: /registry/secrets/shop/old",
    ),
    (
        "backup-schedule",
        of("schedules", "cp-2", (deep.timer(on=False),)),
        "timer etcd-backup.timer on cp-2 is switched off",
    ),
    (
        "backup-schedule",
        lambda facts: replace(facts, schedules=dict.fromkeys(("", *PLANES), ())),
        "no timer, no cron and no CronJob",
    ),
    (
        "backup-last-run",
        of("schedules", "cp-2", (deep.timer(result="exit-code"),)),
        "on cp-2 ran 12 min ago, and failed: exit-code",
    ),
    (
        "backup-last-run",
        of("schedules", "cp-2", (deep.timer(last=timedelta(hours=3)),)),
        "on cp-2 last ran 3 h 0 min ago, and 1 h 30 min is allowed",
    ),
    (
        "backup-last-run",
        of("schedules", "cp-2", (deep.timer(last=None),)),
        "etcd-backup.timer on cp-2 has never run",
    ),
    (
        "backup-size",
        lambda facts: replace(facts, etcd=grown(known(facts.etcd))),
        "cp-3.db has 4096 bytes, and the database holds 99000000",
    ),
    (
        "backup-size",
        store(files=(FILE, replace(FILE, path="/var/backups/offsite/cp-3/old.db", size=99_000))),
        "cp-3.db has 4096 bytes, and the one before it 99000",
    ),
    (
        "backup-retention",
        store(files=(FILE,)),
        "cp-3 on worker-1: 1 snapshot, the oldest 12 min old, and 3 are to be kept",
    ),
    (
        "backup-size",
        store(files=(replace(FILE, size=0), *(replace(FILE, size=0, age=AGO),) * 2)),
        "cp-3.db has 0 bytes: it is empty",
    ),
    (
        "backup-retention",
        store(
            files=tuple(replace(FILE, path=f"/var/backups/offsite/cp-{n}.db") for n in (1, 2, 3))
        ),
        "/var/backups/offsite on worker-1: 1 snapshot, the oldest 12 min old, and 3 are",
    ),
    (
        "backup-restores",
        lambda facts: replace(facts, etcd=at_revision(known(facts.etcd), 899)),
        "has revision 900, and etcd is at 899: it is of another cluster, or of a past given up",
    ),
    (
        "backup-restores",
        one("restored", wrong="database is corrupt"),
        "cp-3.db on worker-1 cannot be restored: database is corrupt",
    ),
    (
        "backup-restores",
        one("restored", revision=12),
        "revision 12, 400 entries, and the snapshot has 900 and 400",
    ),
    (
        "backup-restores",
        one("restored", live_keys=0),
        "an etcd that ran on /var/backups/offsite/cp-3/cp-3.db on worker-1 had no key",
    ),
    ("backup-restores", one("restored", live_keys=20), "had 20 keys, and there are 400 now"),
    ("backup-restores", one("restored", ours=False), "is of another cluster"),
    (
        "backup-pki",
        lambda facts: replace(
            facts, backups=tuple(replace(b, archives=()) for b in known(facts.backups))
        ),
        "no archive there holds the authority's key, the key of service accounts",
    ),
    (
        "backup-pki",
        lambda facts: replace(
            facts,
            backups=tuple(
                replace(
                    b,
                    archives=tuple(
                        replace(a, names=known(a.names)[:-1]) for a in known(b.archives)
                    ),
                )
                for b in known(facts.backups)
            ),
        ),
        "no fresh archive on another machine holds /etc/kubernetes/policy/encryption.yaml",
    ),
]


@pytest.mark.parametrize(("item", "change", "said"), named(RED))
def test_what_is_wrong_is_told_by_name(item: str, change: Change, said: str) -> None:
    is_red(item, change, said)


def test_how_far_a_snapshot_is_behind() -> None:
    facts = replace(good(), etcd=at_revision(known(good().etcd), 950))
    assert verdict("backup-restores", facts) is Verdict.PASS
    assert "is 50 revisions behind etcd, and 12 min old" in told("backup-restores", facts)
    now = store(files=(replace(FILE, age=timedelta(seconds=90)),))
    ahead = now(replace(good(), etcd=at_revision(known(good().etcd), 899)))
    assert verdict("backup-restores", ahead) is Verdict.PASS


@pytest.mark.parametrize(
    "names",
    [
        ("2026-11-20/etcd.db", "2026-11-19/etcd.db", "2026-11-18/etcd.db"),
        ("cp-3.db", "cp-2.db", "cp-1.db", "cp-3.1.db", "cp-2.1.db", "cp-1.1.db", "cp-3.2.db"),
        ("one.db", "two.db", "three.db"),
    ],
)
def test_in_whatever_order_several_are_kept(names: tuple[str, ...]) -> None:
    files = tuple(
        replace(FILE, path=f"/var/backups/offsite/{name}", age=timedelta(minutes=12 + 4 * n))
        for n, name in enumerate(names)
    )
    facts = store(files=files)(good())
    assert verdict("backup-retention", facts) is Verdict.PASS, told("backup-retention", facts)
    assert "/var/backups/offsite on worker-1: 3 snapshots" in told("backup-retention", facts)
