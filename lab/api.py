"""Asking the lab's cluster, through its virtual IP, cheaply enough to do it twice a second."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lab.errors import LabError


@dataclass(frozen=True, slots=True)
class Api:
    """Reads of the Kubernetes API with the identity of a kubeconfig.

    Starting `kubectl` costs a quarter of a second of a processor: on two of them, waiting with it
    would slow down what is waited for.
    """

    host: str
    port: int
    context: ssl.SSLContext

    @classmethod
    def of(cls, kubeconfig: Path) -> Api:
        """The API that a kubeconfig of kubeadm's points to."""
        config = YAML(typ="safe").load(kubeconfig)
        cluster = config["clusters"][0]["cluster"]
        user = config["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile("w") as pair:  # 0600, gone in a moment
            for field in ("client-certificate-data", "client-key-data"):
                pair.write(base64.b64decode(user[field]).decode())
            pair.flush()
            context.load_cert_chain(pair.name)
        host, _, port = cluster["server"].removeprefix("https://").partition(":")
        return cls(host, int(port), context)

    def get(self, path: str) -> str:
        """What the API answers for this path.

        Raises:
            LabError: it did not answer within 5 s, or not with 200.
        """
        connection = http.client.HTTPSConnection(
            self.host, self.port, timeout=5.0, context=self.context
        )
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise LabError(f"The API at {self.host} does not answer: {error}.") from None
        finally:
            connection.close()
        if answer.status != 200:
            raise LabError(f"The API answers {answer.status} for {path}: {body[:200]}")
        return body

    def items(self, path: str) -> list[dict[str, Any]]:
        """The objects of a list."""
        listed: dict[str, Any] = json.loads(self.get(path))
        return list(listed["items"])
