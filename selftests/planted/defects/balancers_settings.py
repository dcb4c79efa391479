"""Settings of HAProxy, on the balancer that no client uses now: the next failure would find them.

What is written is loaded, too, where the configuration is one that HAProxy takes.
"""

from __future__ import annotations

import re
from abc import abstractmethod

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.balancers import CONFIG, as_it_was, reload, spare, until_all_up


class Setting(Defect):
    """Something in HAProxy's configuration."""

    @abstractmethod
    def change(self, text: str) -> str:
        """The configuration with the defect in it."""

    def plant(self, bench: Bench) -> None:
        balancer = spare(bench)
        bench.change_file(balancer, CONFIG, self.change)
        reload(bench, balancer)

    def mend(self, bench: Bench) -> None:
        def heed(balancer: str) -> None:
            reload(bench, balancer)
            until_all_up(bench, balancer)

        as_it_was(bench, CONFIG, heed)


class ServerLeftOut(Setting):
    """The third control plane was joined, and one balancer was never told of it."""

    name = "server-left-out"
    item = "balancer-backends"
    evidence = r"^lb-\d, backend apiservers: not behind it: cp-3"

    def change(self, text: str) -> str:
        return re.sub(r" *server cp-3 .*\n", "", text)


class SlowChecks(Setting):
    """One balancer looks at each apiserver only every 20 s, and wants to see it fail twice.

    A silent one is then given up as late, and an apiserver that ends serves on for less long than
    this balancer sends to it: three items are about that time.
    """

    name = "slow-checks"
    item = "balancer-ejects-dead"
    also = frozenset({"balancer-ejects-silent", "apiserver-shutdown-delay"})
    evidence = r"^lb-\d gives an apiserver that is dead up within 40 s \(inter 20 s, .*30 s are"

    def change(self, text: str) -> str:
        return text.replace("inter 1s fastinter 500ms", "inter 20s fastinter 20s")


class PatientChecks(Setting):
    """One balancer waits 20 s for the answer to each check: a silent apiserver stays for long."""

    name = "patient-checks"
    item = "balancer-ejects-silent"
    evidence = r"^lb-\d gives an apiserver that is silent up within 41\.5 s .*30 s are allowed"

    def change(self, text: str) -> str:
        return text.replace("timeout check 1s", "timeout check 20s")


class NobodyHandedOn(Setting):
    """One balancer tries an apiserver that is gone again, and no other: until it is given up,
    each client that comes to it is refused.
    """

    name = "nobody-handed-on"
    item = "balancer-redispatch"
    evidence = r"^lb-\d, backend apiservers: no option redispatch: a connection .* fails"

    def change(self, text: str) -> str:
        return text.replace("    option redispatch 1\n", "")


class OthersAsBackups(Setting):
    """One balancer keeps two of three apiservers for worse times, as one of the sources has it.

    Until the one that it uses is given up, a connection to it goes nowhere else.
    """

    name = "others-as-backups"
    item = "balancer-redispatch"
    evidence = r"^lb-\d, backend apiservers: one server alone takes connections while it counts as"

    def change(self, text: str) -> str:
        return re.sub(r"( *server cp-[23] .*)", r"\1 backup", text)


class CheckWithoutEtcd(Setting):
    """One balancer asks each apiserver whether it is ready, but for etcd: without it nothing is."""

    name = "check-without-etcd"
    item = "balancer-checks-apiservers"
    also = frozenset({"apiserver-shutdown-delay"})
    evidence = r"^lb-\d, backend apiservers: .* asks /readyz\?exclude=etcd, which leaves a part out"

    def change(self, text: str) -> str:
        return text.replace("uri /readyz ver", "uri /readyz?exclude=etcd ver")


class ChecksSlowerThanTheEnd(Setting):
    """One balancer may take 6 s to see that an apiserver ends, which serves on for 5 s alone.

    So each restart of an apiserver refuses connections, as every upgrade makes three of them.
    """

    name = "checks-slower-than-the-end"
    item = "apiserver-shutdown-delay"
    evidence = r"^cp-1 serves on for 5 s .*; balancers send to it for up to 6 s"

    def change(self, text: str) -> str:
        return text.replace("inter 1s fastinter 500ms", "inter 4s fastinter 2s")


class SessionsLeftOpen(Setting):
    """One balancer leaves connections to an apiserver that it has given up to their clients."""

    name = "sessions-left-open"
    item = "balancer-cuts-dead-sessions"
    evidence = r"^lb-\d leaves connections to cp-1, cp-2, cp-3 open for good"

    def change(self, text: str) -> str:
        return text.replace(" on-marked-down shutdown-sessions", "")


class ModeHttp(Setting):
    """One balancer is in mode http: it looks for requests in what is TLS, and refuses all."""

    name = "mode-http"
    item = "balancer-tls-passthrough"
    evidence = r"^lb-\d: frontend kubernetes-api is in mode http"

    def change(self, text: str) -> str:
        return text.replace("    mode tcp\n", "    mode http\n", 1)


class ShortIdleLimit(Setting):
    """One balancer cuts a client that said nothing for 30 s, as one of the sources has it."""

    name = "short-idle-limit"
    item = "balancer-idle-timeouts"
    evidence = r"^lb-\d: timeout client of kubernetes-api is 30 s, and a quiet watch needs 120 s"

    def change(self, text: str) -> str:
        return text.replace("timeout client 10m", "timeout client 30s")


class StatisticsForEveryone(Setting):
    """One balancer shows its statistics to all; a filter alone keeps Pods away."""

    name = "statistics-for-everyone"
    item = "balancer-stats-closed"
    evidence = r"^lb-\d: the page of statistics \(\*:8404\) is open to everyone"

    def change(self, text: str) -> str:
        return text.replace("    http-request deny unless machines\n", "")


class WrongWordNotLoaded(Defect):
    """One balancer's configuration was edited by hand, wrongly, and nothing was reloaded.

    All goes on as before, until that HAProxy must start again.
    """

    name = "wrong-word-not-loaded"
    item = "balancer-config-valid"
    evidence = r"^lb-\d would not start again: .*no-such-word"

    def plant(self, bench: Bench) -> None:
        bench.change_file(spare(bench), CONFIG, lambda text: f"{text}\n    no-such-word\n")

    def mend(self, bench: Bench) -> None:
        for balancer in bench.fleet.plan.balancers:
            bench.put_back(balancer.name, CONFIG)
