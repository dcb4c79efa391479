"""The facts of machines, workloads, networks and owners that the wider items need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import (
    clocks,
    declared_policies,
    from_pods,
    monitoring,
    operations,
    pods,
    policies,
    system,
    webhooks,
)
from chaos.cluster.collect.clocks import Bounds
from chaos.cluster.collect.lists import Lists
from chaos.cluster.collect.on_nodes import Answers
from chaos.cluster.collect.policies import Forbidden
from chaos.cluster.facts import (
    Balancer,
    EtcdFacts,
    Facts,
    FromPod,
    MonitoringFacts,
    NetworkFacts,
    NotAvailable,
    OperationsFacts,
)
from chaos.cluster.kube import Listed
from chaos.cluster.parallel import Later


@dataclass(frozen=True, slots=True)
class Wider:
    """What is asked beside the second round."""

    cluster: Cluster
    network: NetworkFacts | NotAvailable
    clocks: Later[dict[str, Bounds]]
    tried: Later[tuple[FromPod, ...] | NotAvailable]
    monitoring: Later[MonitoringFacts | NotAvailable]
    operations: Later[OperationsFacts | NotAvailable]

    @classmethod
    def begin(
        cls,
        cluster: Cluster,
        lists: Lists,
        answers: Answers,
        etcd: EtcdFacts | NotAvailable,
    ) -> Wider:
        """Begin asking."""
        named = cluster.inventory.critical_namespaces
        network = lists.use(
            partial(declared_policies.network_of, named=named), *("policies", "namespaces")
        )
        return cls(
            cluster,
            network,
            Later(partial(clocks.look, cluster)),
            Later(partial(_tried, cluster, lists, network, answers.balancers(), etcd)),
            Later(partial(monitoring.look, cluster)),
            Later(partial(operations.look, cluster)),
        )

    def added(self, facts: Facts, lists: Lists, answers: Answers) -> Facts:
        """The facts with these."""
        bounds = self.clocks.result()
        return replace(
            facts,
            machines={
                name: clocks.narrowed(machine, bounds.get(name))
                for name, machine in answers.machines().items()
            },
            from_pods=self.tried.result(),
            services=lists.use(webhooks.services_of, "services"),
            webhooks=lists.use(
                webhooks.webhooks_of,
                *("validating", "mutating", "slices", "namespaces"),
                *("pods", "deployments", "nodes"),
            ),
            network=self.network,
            pods=lists.use(pods.groups_of, *("pods", "claims", "volumes", "classes")),
            system=lists.use(system.system_of, "pods", "daemonsets"),
            monitoring=self.monitoring.result(),
            operations=self.operations.result(),
        )


def _tried(
    cluster: Cluster,
    lists: Lists,
    network: NetworkFacts | NotAvailable,
    balancers: tuple[Balancer, ...] | NotAvailable,
    etcd: EtcdFacts | NotAvailable,
) -> tuple[FromPod, ...] | NotAvailable:
    critical = () if isinstance(network, NotAvailable) else network.namespaces
    known = {node.name for node in cluster.nodes}
    find = partial(policies.forbidden, critical=critical, nodes=known)
    forbidden = lists.use(find, *("policies", "namespaces", "pods"))
    wanted: list[Forbidden] = [] if isinstance(forbidden, NotAvailable) else forbidden

    policed = lists.by_name["policies"]
    items = policed.items if isinstance(policed, Listed) else ()
    guarded = {item["metadata"]["namespace"] for item in items}

    def look(listed: Listed) -> tuple[FromPod, ...] | NotAvailable:
        return from_pods.look(cluster, listed, wanted, balancers, etcd=etcd, guarded=guarded)

    return lists.use(look, "pods")
