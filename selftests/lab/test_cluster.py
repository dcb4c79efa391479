"""The lab is a real cluster, and the one that would pass the checklist."""

from __future__ import annotations

import base64
import json
import urllib.request

import pytest
from cryptography import x509

from chaos.cluster.collect import balancers
from chaos.cluster.inventory_parts import LoadBalancers
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.plan import Role
from lab.power import find
from lab.status import status
from selftests.lab.support import live_certificate

pytestmark = pytest.mark.lab
ETCDCTL = (
    "ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=/etc/kubernetes/pki/etcd/ca.crt"
    " ETCDCTL_CERT=/etc/kubernetes/pki/etcd/healthcheck-client.crt"
    " ETCDCTL_KEY=/etc/kubernetes/pki/etcd/healthcheck-client.key etcdctl"
)


def test_all_nodes_are_ready_each_in_its_zone(fleet: Fleet, kubectl: Kubectl) -> None:
    nodes = {n["metadata"]["name"]: n for n in kubectl.items("nodes")}
    machines = fleet.plan.of(Role.CONTROL_PLANE, Role.WORKER)
    assert set(nodes) == {m.name for m in machines}
    for machine in machines:
        node = nodes[machine.name]
        conditions = {c["type"]: c["status"] for c in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"
        assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == machine.zone


def test_a_node_has_the_capacity_of_its_machine_and_not_of_the_host(
    fleet: Fleet, kubectl: Kubectl
) -> None:
    worker = fleet.plan.of(Role.WORKER)[0]
    capacity = json.loads(kubectl("get", "node", worker.name, "--output=json"))["status"][
        "capacity"
    ]
    assert capacity["cpu"] == str(worker.limits.cpus)
    assert capacity["memory"] == "2Gi"


def test_etcd_has_three_started_voters_on_three_zones(fleet: Fleet) -> None:
    listed = json.loads(fleet.ssh.run("cp-1", f"{ETCDCTL} member list --write-out=json"))["members"]
    assert sorted(m["name"] for m in listed) == ["cp-1", "cp-2", "cp-3"]
    assert not any(m.get("isLearner") for m in listed)
    assert {m.zone for m in fleet.plan.control_planes} == {"a", "b", "c"}


def test_secrets_and_configmaps_lie_encrypted_in_etcd(fleet: Fleet, kubectl: Kubectl) -> None:
    kubectl("create", "secret", "generic", "plain", "--namespace=default", "--from-literal=a=b")
    for key in (
        "/registry/secrets/default/plain",
        "/registry/configmaps/kube-system/kubeadm-config",
    ):
        listed = json.loads(fleet.ssh.run("cp-1", f"{ETCDCTL} get {key} --write-out=json"))
        raw = base64.b64decode(listed["kvs"][0]["value"])
        assert raw.startswith(b"k8s:enc:secretbox:v1:lab:"), raw[:30]


def test_the_virtual_ip_has_one_holder(fleet: Fleet) -> None:
    assert [m.role for m in status(fleet) if m.holds_virtual_ip] == ["load-balancer"]


def test_every_machine_resolves_the_balanced_name_at_both_resolvers(fleet: Fleet) -> None:
    plan = fleet.plan
    for machine in plan.machines:
        for resolver in plan.balancers:
            answer = fleet.ssh.run(
                machine.name, f"busybox nslookup {plan.api_name} {resolver.address}"
            )
            assert plan.virtual_ip in answer


def test_every_live_certificate_names_the_balancer(fleet: Fleet) -> None:
    plan = fleet.plan
    for address in (plan.virtual_ip, *(m.address for m in plan.control_planes)):
        names = (
            live_certificate(address)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
        addresses = {str(a) for a in names.get_values_for_type(x509.IPAddress)}
        assert plan.api_name in names.get_values_for_type(x509.DNSName)
        assert {plan.virtual_ip, *(m.address for m in plan.control_planes)} <= addresses


def test_a_service_answers_through_kube_proxy_on_every_node(fleet: Fleet) -> None:
    for machine in fleet.plan.of(Role.CONTROL_PLANE, Role.WORKER):
        with urllib.request.urlopen(f"http://{machine.address}:30080/healthz", timeout=5) as answer:
            assert answer.status == 200


def test_a_pod_finds_a_service_by_name_and_can_be_looked_into(kubectl: Kubectl) -> None:
    web = ("--namespace=shop", "deployment/web")
    kubectl(
        "exec", *web, "--", "/agnhost", "connect", "--timeout=3s", "web.shop.svc.cluster.local:80"
    )
    kubectl("exec", *web, "--", "/agnhost", "connect", "--timeout=3s", "kubernetes.default.svc:443")
    assert "Started HTTP server" in kubectl("logs", *web)


@pytest.mark.parametrize("selector", ["kube-system/k8s-app=kube-dns", "shop/app=web"])
def test_replicas_are_really_apart_over_nodes_and_zones(
    fleet: Fleet, kubectl: Kubectl, selector: str
) -> None:
    namespace, labels = selector.split("/")
    pods = kubectl.items("pods", f"--namespace={namespace}", f"--selector={labels}")
    nodes = [p["spec"]["nodeName"] for p in pods]
    zones = {m.zone for m in fleet.plan.machines if m.name in nodes}
    assert len(nodes) == len(set(nodes)) == 3
    assert zones == {"a", "b", "c"}


def test_a_snapshot_of_etcd_lies_on_another_machine_and_can_be_read(fleet: Fleet) -> None:
    for sender in fleet.plan.etcd:
        found = [
            (store.name, file)
            for store in fleet.plan.of(Role.WORKER)
            for file in fleet.ssh.run(
                store.name, f"ls /var/backups/offsite/{sender.name}/*.db 2>/dev/null || true"
            ).split()
        ]
        assert found, f"no snapshot of {sender.name} off the machine"
        store, file = found[0]
        told = json.loads(fleet.ssh.run(store, f"etcdutl snapshot status {file} --write-out=json"))
        assert told["totalKey"] > 100
        assert find(fleet, store).zone != sender.zone


def test_the_api_does_not_answer_strangers_but_for_its_health(fleet: Fleet) -> None:
    plan = fleet.plan
    ask = "curl --silent --insecure --output /dev/null --write-out %{http_code} https://"
    health = fleet.ssh.run("worker-1", f"{ask}{plan.virtual_ip}:6443/readyz")
    version = fleet.ssh.run("worker-1", f"{ask}{plan.virtual_ip}:6443/version")
    assert (health, version) == ("200", "401")


def test_every_machine_has_booted_without_a_failed_unit(fleet: Fleet) -> None:
    for machine in fleet.plan.machines:
        failed = fleet.ssh.run(machine.name, "systemctl --failed --no-legend --plain")
        assert failed == "", machine.name


@pytest.mark.parametrize("tool", ["socat", "perl", "nc"])
def test_a_balancer_tells_how_it_stands_to_whatever_tool_there_is(tool: str, fleet: Fleet) -> None:
    question = balancers.questions(LoadBalancers())[balancers.STATS]
    only = question.replace('command -v "$1" >/dev/null', f'[ "$1" = {tool} ]')
    assert only != question
    said = fleet.ssh.run("lb-1", only)
    assert said.startswith("# pxname,svname"), tool
    assert ",cp-1," in said
