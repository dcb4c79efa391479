"""Webhooks that fail closed. None is ever asked: what they are for nobody makes meanwhile."""

from __future__ import annotations

import base64
from abc import abstractmethod
from datetime import timedelta
from typing import Any

from lab.pki import authority
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.signing import Authority, anew

NAME = "planted"
KIND = "validatingwebhookconfiguration"
SOUND = {"namespace": "shop", "name": "web"}
UNUSED = {"apiGroups": ["planted.holdfast.test"], "apiVersions": ["v1"], "resources": ["things"]}


class Webhook(Defect):
    """A webhook for a kind of objects that nobody has, and the one thing that is wrong with it."""

    @abstractmethod
    def change(self, webhook: dict[str, Any]) -> None:
        """Make it wrong."""

    def plant(self, bench: Bench) -> None:
        webhook: dict[str, Any] = {
            "name": "planted.holdfast.test",
            "clientConfig": {"service": SOUND},
            "rules": [{**UNUSED, "operations": ["CREATE"]}],
            "failurePolicy": "Fail",
            "timeoutSeconds": 3,
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        self.change(webhook)
        bench.apply(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": NAME},
                "webhooks": [webhook],
            }
        )

    def mend(self, bench: Bench) -> None:
        bench.delete(KIND, NAME)


class OneEndpoint(Webhook):
    """One Pod answers for it: while that is away the API takes nothing that it is asked about."""

    name = "webhook-with-one-endpoint"
    item = "webhooks-endpoints"
    evidence = r"^planted\.holdfast\.test of .* fails closed, and default/planted has 1 endpoint "

    def change(self, webhook: dict[str, Any]) -> None:
        webhook["clientConfig"] = {"service": {"namespace": "default", "name": NAME}}

    def plant(self, bench: Bench) -> None:
        meta = {"name": NAME, "namespace": "default"}
        named = meta | {"labels": {"kubernetes.io/service-name": NAME}}
        bench.apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": meta,
                "spec": {"ports": [{"port": 443}]},
            },
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": named,
                "addressType": "IPv4",
                "ports": [{"port": 443}],
                "endpoints": [{"addresses": ["192.0.2.1"], "conditions": {"ready": True}}],
            },
        )
        super().plant(bench)

    def mend(self, bench: Bench) -> None:
        super().mend(bench)
        for kind in ("service", "endpointslice"):
            bench.delete(kind, NAME, "--namespace=default")


class LongTimeout(Webhook):
    """It is waited for for half a minute: while it is silent each request takes so long."""

    name = "webhook-waited-for"
    item = "webhooks-timeout"
    evidence = r"^planted\.holdfast\.test of .* is waited for 30 s: 5 s at most"

    def change(self, webhook: dict[str, Any]) -> None:
        webhook["timeoutSeconds"] = 30


class AskedForNodes(Webhook):
    """It is asked whether a node may join: once its own Pods are gone, none comes for them."""

    name = "webhook-asked-for-nodes"
    item = "webhooks-own-way"
    evidence = r"^planted\.holdfast\.test of .* fails closed and is asked for nodes"

    def change(self, webhook: dict[str, Any]) -> None:
        nodes = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["nodes"]}
        webhook["rules"] = [{**nodes, "operations": ["CREATE"]}]


class ExpiredAuthority(Webhook):
    """Nobody has renewed what it is verified by: the API would refuse all that it is asked."""

    name = "webhook-authority-expired"
    item = "webhooks-authorities"
    evidence = r"^the caBundle of planted\.holdfast\.test of .*, which fails closed, expired on \d"

    def change(self, webhook: dict[str, Any]) -> None:
        pair = authority(NAME)
        own = Authority(pair.certificate, pair.key)
        pem = anew(pair.certificate, own, left=-timedelta(minutes=1))
        webhook["clientConfig"] = {
            "service": SOUND,
            "caBundle": base64.b64encode(pem.encode()).decode(),
        }
