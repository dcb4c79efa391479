"""The balancers in front of the apiservers: whom they send to, how and how fast they check."""

import pytest

from chaos.conformance import (
    balancer_settings,
    balancer_stats,
    giving_up,
    load_balancer,
    redispatch,
)
from fixtures.item import Item


@pytest.mark.item(
    id="balancer-backends",
    title="Every apiserver is behind the balancer, and nobody else",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Multiple API Servers Behind Load Balancer",
)
def test_every_apiserver_is_behind(item: Item) -> None:
    """Looked at: the servers behind the endpoint's port in each balancer's configuration,
    beside the control planes that there are and the ports on which their apiservers serve.

    Expected: every control plane but spare ones is a server, and no other machine is. A server
    with `backup` counts; it is told that it is used only when the others are down.

    Mend: a `server` line for each control plane in the backend of every balancer, none for
    machines that are gone; then reload HAProxy.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Multiple API Servers Behind Load Balancer (the example has a server for each master).
    """
    item.judge(load_balancer.every_apiserver_is_behind)


@pytest.mark.item(
    id="balancer-checks-apiservers",
    title="The balancer checks the health of every apiserver",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_every_apiserver_is_checked(item: Item) -> None:
    """Looked at: each balancer's configuration behind the endpoint's port: `option httpchk`,
    `http-check`, and `addr` and `port` of the servers.

    Expected: each server is checked by GET /readyz over TLS, at its own address, whole (no
    `exclude`), and only the answer of a ready one is taken for good. A TCP connect is also
    answered by an apiserver that hangs or has lost etcd, and a plain HTTP check against the TLS
    port never passes: the examples of two of the sources make these mistakes.

    Mend: `option httpchk`, `http-check send meth GET uri /readyz`, `http-check expect status
    200` and, on the servers, `check check-ssl verify required ca-file FILE`; then reload
    HAProxy.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Load balancer with health checks").
    """
    item.judge(load_balancer.every_apiserver_is_checked)


@pytest.mark.item(
    id="balancer-sees-apiservers",
    title="The running balancer has every apiserver up",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Load Balancer Health Check",
)
def test_every_apiserver_is_up(item: Item) -> None:
    """Looked at: the statistics of each balancer's running process, beside its configuration.

    Expected: the process knows every server of its configuration, and has it up: a
    configuration that was changed and not loaded helps nobody.

    Mend: look at what the check ended with and mend that apiserver, or the way to it; reload
    HAProxy where it runs with an older configuration.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Load Balancer Health Check ("server status UP for healthy nodes").
    """
    item.judge(load_balancer.every_apiserver_is_up)


@pytest.mark.item(
    id="balancer-uses-every-apiserver",
    title="Connections through the balancer reach every apiserver that is no backup",
    severity="medium",
    source="Kubernetes High Availability, API Server HA",
)
def test_every_apiserver_is_used(item: Item) -> None:
    """Looked at: how many connections each server was given, by the statistics of the
    balancers.

    Expected: the balancer that is used has sent some to every server that is not a backup. One
    that got none was never proved to work from there. Backups get none while another is up,
    which is told; that one alone takes all is for `balancer-redispatch` to judge.

    Mend: see why the balancing method or a stick table keeps to some of them; `balance
    leastconn` shares long connections best.

    Source: Kubernetes High Availability, API Server HA.
    """
    item.judge(load_balancer.every_apiserver_is_used)


@pytest.mark.item(
    id="balancer-ejects-dead",
    title="A balancer gives up a dead apiserver in time",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Results After HA Implementation",
)
def test_dead_ones_are_given_up(item: Item) -> None:
    """Looked at: `check`, `inter`, `fastinter` and `fall` of every server.

    Expected: an apiserver that refuses, or says that it is not ready, is given up within the
    budget for the API after a node's failure (30 s, or what the inventory's objectives say).

    Mend: a shorter `inter` and a `fastinter` on the `default-server` line: `inter 1s fastinter
    500ms fall 2`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Results After HA Implementation ("under 30 seconds for node failures").
    """
    item.judge(giving_up.dead_ones_are_given_up)


@pytest.mark.item(
    id="balancer-ejects-silent",
    title="A balancer gives up a silent apiserver in time",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Results After HA Implementation",
)
def test_silent_ones_are_given_up(item: Item) -> None:
    """Looked at: the same, and `timeout check` and `timeout connect`: how long a check waits
    for an answer.

    Expected: an apiserver that says nothing at all any more (its power is cut, it hangs) is
    given up within the same budget. Each of `fall` checks waits to its end first.

    Mend: `timeout check 1s`, and a short `inter` and `fall`: without `timeout check` the
    interval bounds each check.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Results After HA Implementation ("under 30 seconds for node failures").
    """
    item.judge(giving_up.silent_ones_are_given_up)


@pytest.mark.item(
    id="balancer-redispatch",
    title="A connection that an apiserver does not take goes to another",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Step 1: Provision and Configure Load Balancer",
)
def test_failed_ones_are_handed_on(item: Item) -> None:
    """Looked at: `option redispatch`, `retries`, `timeout connect` and `balance` of the backends
    behind the endpoint's port, and which of their servers are backups.

    Expected: a connection that fails is tried on another server, after the tries on the first
    within the budget for the API (30 s, or what the inventory's objectives say). Until an
    apiserver that is gone is given up, each client that is sent to it is refused otherwise.
    HAProxy does it only with the option, and only to servers that take connections now: not
    where one does and the rest are backups.

    Mend: `option redispatch 1`, `retries 3` and `timeout connect 2s`, and no `backup` on the
    `server` lines.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 1: Provision and Configure Load Balancer (whose example has `option redispatch`,
    `retries 3` and `timeout connect 10s`).
    """
    item.judge(redispatch.failed_ones_are_handed_on)


@pytest.mark.item(
    id="apiserver-shutdown-delay",
    title="Apiservers serve on until the balancers have given them up",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Health Checks and Failover",
)
def test_apiservers_wait_for_balancers(item: Item) -> None:
    """Looked at: `--shutdown-delay-duration` of each apiserver, whether the balancers ask
    /readyz of all, and how long their settings take to see that it is off.

    Expected: they ask, and the delay is longer. Otherwise each restart of an apiserver, as every
    upgrade makes, refuses connections that the balancer still sends.

    Mend: `shutdown-delay-duration` among the apiserver's extraArgs (5 s fit an `inter` of 1 s),
    or shorter intervals on the balancer.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Health Checks and Failover ("Connection Draining").
    """
    item.judge(giving_up.apiservers_wait_for_balancers)


@pytest.mark.item(
    id="balancer-cuts-dead-sessions",
    title="Connections to an apiserver that is gone are ended",
    severity="medium",
    source="Kubernetes High Availability: Tutorial & Instructions, Single-cloud with stacked etcd",
)
def test_dead_sessions_are_cut(item: Item) -> None:
    """Looked at: `on-marked-down` of every server.

    Expected: `shutdown-sessions`: a client of an apiserver that went silent is told so when the
    balancer gives it up, not when its own time-outs end, up to 45 s later.

    Mend: `on-marked-down shutdown-sessions` on the `default-server` line.

    Source: Kubernetes High Availability: Tutorial & Instructions, Single-cloud with stacked
    etcd ("automatically routing traffic away from a failing node").
    """
    item.judge(balancer_settings.dead_sessions_are_cut)


@pytest.mark.item(
    id="balancer-tls-passthrough",
    title="TLS is passed through to the apiservers",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " API Server HA with External Load Balancer",
)
def test_tls_is_passed_through(item: Item) -> None:
    """Looked at: the mode of the frontends and backends behind the endpoint, and the options of
    `bind` and `server`.

    Expected: mode tcp, and no TLS of the balancer's own: clients show their certificates to the
    apiserver itself, which a balancer that opens TLS makes impossible.

    Mend: `mode tcp` in both, no `ssl crt` on the `bind` line and no `ssl` on the `server` lines
    (`check-ssl` is the check's own).

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    API Server HA with External Load Balancer ("TLS termination should happen at the API
    server").
    """
    item.judge(balancer_settings.tls_is_passed_through)


@pytest.mark.item(
    id="balancer-idle-timeouts",
    title="Quiet watches outlive the balancer's idle limits",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Multiple API Servers Behind Load Balancer",
)
def test_watches_live(item: Item) -> None:
    """Looked at: `timeout client`, `timeout server` and `timeout tunnel` behind the endpoint.

    Expected: 2 minutes or more. The API sends a quiet watch a bookmark about once a minute; the
    sources' examples of 30 s and 1 m cut every quiet watch, and `kubectl logs -f` with it.

    Mend: `timeout client 10m` and `timeout server 10m`, or `timeout tunnel 1h`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Multiple API Servers Behind Load Balancer (whose example has 30 s).
    """
    item.judge(balancer_settings.watches_live)


@pytest.mark.item(
    id="balancer-config-valid",
    title="HAProxy takes its configuration as it is on disk",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Load Balancer Down/Misconfigured",
)
def test_configurations_are_valid(item: Item) -> None:
    """Looked at: what `haproxy -c` says on each balancer of the files that the running process
    was given with -f, in the environment of that process; where none runs, of the inventory's.

    Expected: they are valid; a warning is no error. The running process keeps what it has read:
    an edit that is wrong shows at the next start only, when a balancer is needed most.

    Mend: what HAProxy complains of; `haproxy -c -f /etc/haproxy/haproxy.cfg` tells it again.
    Then reload HAProxy.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Load Balancer Down/Misconfigured ("Fix config").
    """
    item.judge(balancer_settings.configurations_are_valid)


@pytest.mark.item(
    id="balancer-stats-closed",
    title="The balancer's statistics are not open to everyone",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Step 1: Provision and Configure Load Balancer",
)
def test_statistics_are_closed(item: Item) -> None:
    """Looked at: every frontend and backend that shows statistics or metrics, where it listens
    and whom it refuses; the sockets on which HAProxy takes commands.

    Expected: it listens on the machine alone, asks for a password, or refuses everybody but
    those whom it knows by their address or password: it names every apiserver and its state,
    and the sources' example shows it to all on port 8080. `stats auth` does not guard metrics
    beside it. No socket for commands is on the network: nothing guards it there.

    Mend: `bind 127.0.0.1:8404`, or `http-request deny unless { src NETWORK }`, or `stats auth`;
    `stats socket /run/haproxy/admin.sock mode 660`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 1: Provision and Configure Load Balancer ("HAProxy Stats").
    """
    item.judge(balancer_stats.statistics_are_closed)
