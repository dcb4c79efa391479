"""What kubeadm is told: one cluster behind one name, the same for all control planes."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import pytest
from cryptography import x509
from ruamel.yaml import YAML

from lab.files import Files, machine_files
from lab.plan import Machine, Plan, Role, plan
from lab.spec import Spec
from selftests.unit.support import files_of, secrets

STACKED = plan(Spec(subnet=0))
EXTERNAL = plan(Spec(etcd="external", subnet=1))
FIVE = plan(Spec(control_planes=5, subnet=2))
SINGLE = plan(Spec(control_planes=1, workers=0, load_balancers=1, zones=1, subnet=3))
ALL = (STACKED, EXTERNAL, FIVE, SINGLE)
POLICY = "/etc/kubernetes/policy/"

every_lab = pytest.mark.parametrize("lab", ALL, ids=["stacked", "external", "five", "single"])


def told(files: Files) -> dict[str, Any]:
    """The documents of a machine's kubeadm.yaml by kind."""
    documents = YAML(typ="safe").load_all(files["/etc/kubernetes/kubeadm.yaml"].content)
    return {document["kind"]: document for document in documents}


def first(lab: Plan) -> dict[str, Any]:
    return told(files_of(lab, lab.control_planes[0]))


def joiners(lab: Plan) -> tuple[Machine, ...]:
    return lab.of(Role.CONTROL_PLANE, Role.WORKER)[1:]


def arguments(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in component["extraArgs"]}


@every_lab
def test_the_api_s_certificate_names_balanced_name_virtual_address_and_all_servers(
    lab: Plan,
) -> None:
    named = first(lab)["ClusterConfiguration"]["apiServer"]["certSANs"]
    servers = [n for cp in lab.control_planes for n in (cp.name, cp.address)]
    assert set(named) >= {lab.api_name, lab.virtual_ip, *servers}


@every_lab
def test_everybody_reaches_the_api_by_its_name(lab: Plan) -> None:
    endpoint = first(lab)["ClusterConfiguration"]["controlPlaneEndpoint"]
    assert endpoint == f"api.{lab.spec.name}.holdfast.test:6443"
    for machine in joiners(lab):
        discovery = YAML(typ="safe").load(
            files_of(lab, machine)["/etc/kubernetes/discovery.conf"].content
        )
        (cluster,) = discovery["clusters"]
        assert cluster["cluster"]["server"] == f"https://{endpoint}"
        ca = base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode()
        assert ca == secrets().ca.certificate


@every_lab
def test_the_cluster_is_of_the_version_and_the_networks_of_the_plan(lab: Plan) -> None:
    cluster = first(lab)["ClusterConfiguration"]
    assert cluster["kubernetesVersion"] == f"v{lab.spec.kubernetes}"
    assert cluster["networking"]["podSubnet"] == lab.pod_net
    assert cluster["networking"]["serviceSubnet"] == lab.service_net


@every_lab
def test_one_machine_makes_the_cluster_and_the_others_join_it(lab: Plan) -> None:
    assert set(first(lab)) == {
        "InitConfiguration",
        "ClusterConfiguration",
        "KubeletConfiguration",
        "KubeProxyConfiguration",
    }
    key = first(lab)["InitConfiguration"]["certificateKey"]
    (token,) = first(lab)["InitConfiguration"]["bootstrapTokens"]
    for machine in joiners(lab):
        (join,) = told(files_of(lab, machine)).values()
        assert join["kind"] == "JoinConfiguration"
        assert join["discovery"]["tlsBootstrapToken"] == token["token"]
        assert ("controlPlane" in join) is (machine.role is Role.CONTROL_PLANE)
        if "controlPlane" in join:
            assert join["controlPlane"]["certificateKey"] == key
            assert join["controlPlane"]["localAPIEndpoint"]["advertiseAddress"] == machine.address


@every_lab
def test_the_unit_runs_the_verb_that_the_configuration_is_for(lab: Plan) -> None:
    for machine in lab.of(Role.CONTROL_PLANE, Role.WORKER):
        unit = files_of(lab, machine)["/etc/systemd/system/kubeadm.service"].content
        verb = "init" if machine == lab.control_planes[0] else "join"
        assert f"kubeadm {verb} --config /etc/kubernetes/kubeadm.yaml" in unit
        assert ("--upload-certs" in unit) is (verb == "init")


@every_lab
def test_every_node_registers_with_its_own_address_and_zone(lab: Plan) -> None:
    for machine in lab.of(Role.CONTROL_PLANE, Role.WORKER):
        documents = told(files_of(lab, machine))
        mine = documents.get("InitConfiguration") or documents["JoinConfiguration"]
        registration = mine["nodeRegistration"]
        given = {one["name"]: one["value"] for one in registration["kubeletExtraArgs"]}
        assert registration["name"] == machine.name
        assert given["node-ip"] == machine.address
        assert given["node-labels"] == f"topology.kubernetes.io/zone={machine.zone}"


@every_lab
def test_every_policy_that_the_apiserver_is_given_lies_on_every_control_plane(lab: Plan) -> None:
    values = arguments(first(lab)["ClusterConfiguration"]["apiServer"]).values()
    wanted = {value for value in values if value.startswith(POLICY)}
    assert len(wanted) == 3
    for machine in lab.control_planes:
        assert wanted <= set(files_of(lab, machine))


def test_the_apiserver_keeps_an_audit_log_and_checks_the_kubelets_certificates() -> None:
    given = arguments(first(STACKED)["ClusterConfiguration"]["apiServer"])
    assert given["audit-log-path"].startswith("/var/log/kubernetes/")
    assert given["kubelet-certificate-authority"] == "/etc/kubernetes/pki/ca.crt"
    kubelet = first(STACKED)["KubeletConfiguration"]
    assert kubelet["rotateCertificates"] is True
    assert kubelet["serverTLSBootstrap"] is True
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}


def test_nobody_in_particular_may_ask_for_health_and_for_nothing_else() -> None:
    text = files_of(STACKED, STACKED.control_planes[0])[f"{POLICY}authentication.yaml"].content
    anonymous = YAML(typ="safe").load(text)["anonymous"]
    assert {c["path"] for c in anonymous["conditions"]} == {"/livez", "/readyz", "/healthz"}


def test_stacked_etcd_is_kubeadm_s_and_external_etcd_is_named_member_by_member() -> None:
    assert set(first(STACKED)["ClusterConfiguration"]["etcd"]) == {"local"}
    etcd = first(EXTERNAL)["ClusterConfiguration"]["etcd"]
    assert set(etcd) == {"external"}
    assert etcd["external"]["endpoints"] == [f"https://{m.address}:2379" for m in EXTERNAL.etcd]


def test_the_apiserver_s_certificate_for_external_etcd_is_of_etcd_s_authority() -> None:
    files = files_of(EXTERNAL, EXTERNAL.control_planes[0])
    etcd = first(EXTERNAL)["ClusterConfiguration"]["etcd"]["external"]
    ca, client = (
        x509.load_pem_x509_certificate(files[etcd[name]].content.encode())
        for name in ("caFile", "certFile")
    )
    client.verify_directly_issued_by(ca)
    assert etcd["keyFile"] in files


def test_each_member_of_external_etcd_knows_all_members_and_can_prove_who_it_is() -> None:
    everybody = ",".join(f"{m.name}=https://{m.address}:2380" for m in EXTERNAL.etcd)
    for machine in EXTERNAL.etcd:
        files = files_of(EXTERNAL, machine)
        assert (
            f"--initial-cluster={everybody} " in files["/etc/systemd/system/etcd.service"].content
        )
        pem = files["/etc/etcd/pki/server.crt"].content.encode()
        extensions = x509.load_pem_x509_certificate(pem).extensions
        named = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert machine.name in named.get_values_for_type(x509.DNSName)
        addresses = {str(a) for a in named.get_values_for_type(x509.IPAddress)}
        assert addresses == {machine.address, "127.0.0.1"}


def test_a_token_of_digits_alone_is_still_a_text() -> None:
    odd = dataclasses.replace(secrets(), token="123456.1234567890123456")
    init, *joins = STACKED.of(Role.CONTROL_PLANE, Role.WORKER)
    documents = told(machine_files(STACKED, init, odd, 4))
    assert documents["InitConfiguration"]["bootstrapTokens"][0]["token"] == odd.token
    for machine in joins:
        files = machine_files(STACKED, machine, odd, 4)
        assert told(files)["JoinConfiguration"]["discovery"]["tlsBootstrapToken"] == odd.token
        discovery = YAML(typ="safe").load(files["/etc/kubernetes/discovery.conf"].content)
        assert discovery["users"][0]["user"]["token"] == odd.token


@pytest.mark.parametrize("name", ["null", "true"])
def test_a_lab_may_have_any_name_that_is_a_name(name: str) -> None:
    lab = plan(Spec(name=name, subnet=0))
    documents = told(machine_files(lab, lab.control_planes[0], secrets(), 4))
    assert documents["ClusterConfiguration"]["clusterName"] == name
