"""etcd's members."""

import pytest

from chaos.conformance import etcd, etcd_doors, etcd_known, etcd_members, etcd_room
from fixtures.item import Item


@pytest.mark.item(
    id="etcd-odd-voters",
    title="etcd has an odd number of voters, three or more",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Production Checklist",
)
def test_odd_number_of_voters(item: Item) -> None:
    """Looked at: etcd's list of members, as a member gives it now.

    Expected: 3, 5 or 7 voters, of which 1, 2 or 3 may be lost. A fourth gains nothing: its quorum
    is 3, so that still only one may be lost, and there is one more that can fail. Learners do not
    count; a member that was added and never started does.

    Mend: join or remove one control plane (or member of etcd). Take one that is gone for good off
    the list: `etcdctl member list`, then `etcdctl member remove ID`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Odd number of etcd nodes (3, 5, 7)") and Quorum Requirements.
    """
    item.judge(etcd.odd_number_of_voters)


@pytest.mark.item(
    id="etcd-members-sound",
    title="Every member of etcd has started, answers and votes",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Split-Brain in etcd",
)
def test_members_are_sound(item: Item) -> None:
    """Looked at: etcd's list of members, and what each says of itself and of its health.

    Expected: all have started, answer, take a proposal to its end, vote, and stand on a machine of
    the inventory. One that was added and never started counts as lost; a learner that stays one is
    a replacement that nobody finished.

    Mend: `etcdctl member promote ID` for a learner that has caught up; `etcdctl member remove ID`
    for one that is gone for good, before another is added; see the log of one that does not answer.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Split-Brain in etcd ("Check etcd member status": each is started).
    """
    item.judge(etcd_members.members_are_sound)


@pytest.mark.item(
    id="etcd-topology",
    title="etcd stands where the inventory says",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, HA Deployment Models",
)
def test_topology_is_as_declared(item: Item) -> None:
    """Looked at: the machines on which members and etcd's processes are, against etcd.topology and
    the roles in the inventory, and against kubeadm's ClusterConfiguration.

    Expected: every machine with the role etcd has a member and runs it, no other has one; stacked
    and systemd on control planes, external on machines of its own.

    Mend: join the member that is missing, or correct the inventory: faults and predictions go by
    it.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, HA
    Deployment Models (Stacked etcd Topology, External etcd Topology).
    """
    item.judge(etcd_members.stands_as_declared)


@pytest.mark.item(
    id="etcd-one-cluster",
    title="All members tell of one cluster, one version, one leader",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Split-Brain in etcd",
)
def test_members_are_one_cluster(item: Item) -> None:
    """Looked at: the cluster id, version, term and leader, as each member has them.

    Expected: each is one. Two cluster ids are two clusters that both take writes; two versions an
    upgrade half done; two leaders in one look a member that is cut off.

    Mend: where ids differ, stop the member that was bootstrapped anew, remove its data and join it
    to the others. Where it has no leader, see the network and the disk of each.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Split-Brain in etcd ("Check for leader"); High availability cluster setup in Kubernetes - Deep
    Dive, Expert Zone.
    """
    item.judge(etcd_members.one_cluster)


@pytest.mark.item(
    id="etcd-raft-lag",
    title="No member of etcd lags behind",
    severity="high",
    source="Experience: a member that lags behind is no redundancy",
)
def test_members_keep_up(item: Item) -> None:
    """Looked at: the raft index that each member has, and how much of it it has applied.

    Expected: none is 1,000 entries or more behind the furthest. One that is gives no redundancy:
    after a loss it is still to be brought up first.

    Mend: see its disk (etcd-wal-fsync) and the network to it; a member that never catches up is
    removed and joined anew.

    Source: Experience: a member that lags behind is no redundancy; 1,000 entries are a few
    seconds of a busy cluster's writes.
    """
    item.judge(etcd_members.keep_up)


@pytest.mark.item(
    id="etcd-no-alarms",
    title="No alarm of etcd is raised",
    severity="critical",
    source="etcd.io, Maintenance, Space quota",
)
def test_no_alarm_is_raised(item: Item) -> None:
    """Looked at: `etcdctl alarm list`, and the errors in every member's status.

    Expected: none: under NOSPACE etcd refuses all writes, under CORRUPT the members' data differ.

    Mend: NOSPACE: `etcdctl compact REV`, `etcdctl defrag` one member after the other, `etcdctl
    alarm disarm`. CORRUPT: remove that member, wipe its data and join it anew.

    Source: etcd.io, Maintenance, Space quota; Data corruption.
    """
    item.judge(etcd_members.no_alarm)


@pytest.mark.item(
    id="etcd-space",
    title="etcd's database is well below its quota",
    severity="high",
    source="etcd.io, Space quota",
)
def test_database_has_room(item: Item) -> None:
    """Looked at: the size of each member's database and its quota (as its status tells it, from
    3.6 on, or --quota-backend-bytes; 2 GiB by default).

    Expected: 80 % at most. At 100 % every member raises NOSPACE and the API can write nothing.

    Mend: see what fills it: `etcdctl get / --prefix --keys-only | cut -d/ -f3 | sort | uniq -c |
    sort -n`; compact and defragment; or raise the quota, up to 8 GiB.

    Source: etcd.io, Space quota; Kubernetes High Availability Architecture: Complete Guide for
    DevOps Engineers 2025, etcd Cluster Configuration ("It stores all cluster state").
    """
    item.judge(etcd_room.has_room)


@pytest.mark.item(
    id="etcd-fragmentation",
    title="etcd's database is not mostly air",
    severity="medium",
    source="etcd.io, Defragmentation",
)
def test_database_is_not_fragmented(item: Item) -> None:
    """Looked at: the size of each member's database on disk, and how much of it is in use.

    Expected: of a database of more than 100 MiB at most half is free inside: it counts against the
    quota, and every snapshot carries it.

    Mend: `etcdctl defrag --endpoints=…`, one member after the other and the leader last, for it
    stands still meanwhile.

    Source: etcd.io, Defragmentation.
    """
    item.judge(etcd_room.not_fragmented)


@pytest.mark.item(
    id="etcd-wal-fsync",
    title="etcd's log reaches the disk in time",
    severity="high",
    source="etcd.io, Hardware recommendations",
)
def test_log_is_written_in_time(item: Item) -> None:
    """Looked at: etcd_disk_wal_fsync_duration_seconds of every member, since it started.

    Expected: 99 of 100 within etcd.fsync_p99 of the inventory, 10 ms by default. A heartbeat waits
    for it: slow disks are lost leaders.

    Mend: a disk of its own for /var/lib/etcd, SSD or NVMe with power-loss protection; nothing else
    that syncs beside it.

    Source: etcd.io, Hardware recommendations (and FAQ: 10 ms); Kubernetes High Availability
    Architecture: Complete Guide for DevOps Engineers 2025, Stacked etcd Topology ("Resource
    contention").
    """
    item.judge(etcd_room.log_is_written_in_time)


@pytest.mark.item(
    id="etcd-backend-commit",
    title="etcd's database is committed in time",
    severity="high",
    source="etcd.io, Hardware recommendations",
)
def test_database_is_committed_in_time(item: Item) -> None:
    """Looked at: etcd_disk_backend_commit_duration_seconds of every member, since it started.

    Expected: 99 of 100 within etcd.commit_p99 of the inventory, 25 ms by default: reads wait for it
    as well.

    Mend: as for etcd-wal-fsync; and defragment a database that is large.

    Source: etcd.io, Hardware recommendations (and FAQ: 25 ms).
    """
    item.judge(etcd_room.database_is_committed_in_time)


@pytest.mark.item(
    id="etcd-timing",
    title="etcd's heartbeat and election are equal and fit the network",
    severity="high",
    source="etcd.io, Tuning",
)
def test_timing_is_sane(item: Item) -> None:
    """Looked at: --heartbeat-interval and --election-timeout of every member that runs (on its
    command line or in its environment), and the round trips between members: the shortest of the
    last minutes, as the kernel has it of their connections (ss, minrtt).

    Expected: the same on all; election at least five times the heartbeat and ten times the longest
    round trip, and 50 s at most; twice the election, which raft may wait at random, within the
    objective for the API (30 s, or the inventory's); the heartbeat not below the round trip.

    Mend: set both in every member's manifest (kubeadm: etcd.local.extraArgs), heartbeat about the
    round trip between the members that are furthest apart; restart one after the other.

    Source: etcd.io, Tuning (Time parameters); Kubernetes High Availability: Tutorial &
    Instructions, Single-cloud with stacked etcd (which spans regions); Kubernetes High Availability
    Architecture: Complete Guide for DevOps Engineers 2025, Results After HA Implementation ("under
    30 seconds for node failures").
    """
    item.judge(etcd_room.timing_is_sane)


@pytest.mark.item(
    id="etcd-client-tls",
    title="etcd turns clients without a certificate away",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_clients_show_certificates(item: Item) -> None:
    """Looked at: the members' client URLs, the flags of every member that runs (on its command line
    or in its environment), and a TLS connection from here to each client port without a
    certificate.

    Expected: https alone; --client-cert-auth with a --trusted-ca-file; and the connection ends with
    nothing answered. Who reads etcd reads every Secret, who writes it owns the cluster.

    Mend: --client-cert-auth=true and --trusted-ca-file in every member's manifest; no http:// in
    --listen-client-urls.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere ("Every component in your HA cluster must communicate over encrypted channels").
    """
    item.judge(etcd_doors.clients_show_certificates)


@pytest.mark.item(
    id="etcd-peer-tls",
    title="etcd turns peers without a certificate away",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_peers_show_certificates(item: Item) -> None:
    """Looked at: the members' peer URLs, the flags of every member that runs (on its command line
    or in its environment), and a TLS connection from here to each peer port without a certificate.

    Expected: https alone; --peer-client-cert-auth with a --peer-trusted-ca-file; and the connection
    ends with nothing answered. A peer is believed what it says of the log.

    Mend: --peer-client-cert-auth=true and --peer-trusted-ca-file in every member's manifest;
    https:// in --listen-peer-urls.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere ("Every component in your HA cluster must communicate over encrypted channels").
    """
    item.judge(etcd_doors.peers_show_certificates)


@pytest.mark.item(
    id="apiservers-know-etcd",
    title="Every apiserver knows the members that it should",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_apiservers_know_the_members(item: Item) -> None:
    """Looked at: --etcd-servers of every apiserver that runs, against etcd's list of members.

    Expected: members, over https. Stacked: its own, for the balancer leaves an apiserver whose etcd
    is gone, or all of them. External: all of them, or the loss of one takes apiservers with it.

    Mend: correct etcd.external.endpoints in kubeadm's ConfigMap and --etcd-servers in every
    manifest.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere (--etcd-servers); Kubernetes High Availability, Using External etcd Clusters.
    """
    item.judge(etcd_known.apiservers_know_it)


@pytest.mark.item(
    id="etcd-corruption-check",
    title="Members of etcd compare their data",
    severity="medium",
    source="etcd.io, Data Corruption",
)
def test_data_is_checked(item: Item) -> None:
    """Looked at: the flags of every member that runs, on its command line or in its environment.

    Expected: it compares its data with the others' when it starts (InitialCorruptCheck, which
    kubeadm switches on), or every so often: a member whose data are wrong is found before it leads.

    Mend: --feature-gates=InitialCorruptCheck=true (3.6), or
    --experimental-initial-corrupt-check=true before.

    Source: etcd.io, Data Corruption.
    """
    item.judge(etcd_doors.data_is_checked)
