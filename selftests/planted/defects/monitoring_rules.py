"""The rules by which the lab's Prometheus alerts."""

from __future__ import annotations

import re
from abc import abstractmethod

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.monitoring_parts import RULES, change, put_back

JOB = 'job="kube-apiserver"'


class Rules(Defect):
    """Something in the rules that alert."""

    @abstractmethod
    def change(self, text: str) -> str:
        """The rules with the defect in them."""

    def plant(self, bench: Bench) -> None:
        change(bench, RULES, self.change)

    def mend(self, bench: Bench) -> None:
        put_back(bench, RULES)


class RuleForAnotherJob(Rules):
    """The rule was copied from where the job is called otherwise: it looks at nothing."""

    name = "rule-for-another-job"
    item = "alert-api-down"
    evidence = (
        r'^the rule APIServerDown looks at up\{job="apiserver"\}, and there is no such series'
    )

    def change(self, text: str) -> str:
        return text.replace(f"up{{{JOB}}} == 0", 'up{job="apiserver"} == 0')


class NoRuleForTheLeader(Rules):
    """No rule looks at whether etcd has a leader."""

    name = "no-rule-for-the-leader"
    item = "alert-no-leader"
    evidence = r"^no rule alerts on an etcd without a leader"

    def change(self, text: str) -> str:
        return _without(text, "EtcdNoLeader")


class NoRuleForMembers(Rules):
    """No rule looks at whether each member of etcd is up: two of three are enough for a leader."""

    name = "no-rule-for-members"
    item = "alert-etcd-member-down"
    evidence = r"^no rule alerts on a member of etcd that is down"

    def change(self, text: str) -> str:
        return _without(text, "EtcdMemberDown")


class RuleForTheOtherWayRound(Rules):
    """The rule alerts as long as the balancers are up: whoever was called has switched it off."""

    name = "rule-for-the-other-way-round"
    item = "alert-balancer-down"
    evidence = r"^no rule alerts on a balancer that is down"

    def change(self, text: str) -> str:
        return text.replace('up{job="haproxy"} == 0', 'up{job="haproxy"} == 1')


class RuleForASeriesOfOld(Rules):
    """The rule looks at what another etcd counts under another name."""

    name = "rule-for-a-series-of-old"
    item = "alert-failed-requests"
    evidence = r"^the rule EtcdRequestsFail looks at etcd_http_failed_total.*: it can never alert"

    def change(self, text: str) -> str:
        return re.sub(
            r"(alert: EtcdRequestsFail\n +expr: )(?:.*\n)+?( +for:)",
            r"\1rate(etcd_http_failed_total[5m]) > 0.01\n\2",
            text,
        )


class RuleThatFails(Rules):
    """The rule's expression is one that Prometheus reads and cannot evaluate."""

    name = "rule-that-fails"
    item = "alert-certificates"
    evidence = r"^the rule CertificateExpires fails: .*many-to-many matching not allowed"

    def change(self, text: str) -> str:
        each = "apiserver_client_certificate_expiration_seconds_count"
        return text.replace("< 86400 * 30", f"/ on (job) {each} < 86400 * 30")


class NobodyMissesTheBackups(Rules):
    """The rule tells of old backups; where none was ever taken there is no age, and no alert."""

    name = "nobody-misses-the-backups"
    item = "alert-backups"
    evidence = r"^BackupOld: without absent\(\) nobody is told when the target is gone"

    def change(self, text: str) -> str:
        return text.replace(" or absent(backup_last_success_seconds)", "")


class NoRuleForNodes(Rules):
    """No rule looks at whether nodes are well."""

    name = "no-rule-for-nodes"
    item = "alert-node-not-ready"
    evidence = r"^no rule alerts on a node that is not Ready"

    def change(self, text: str) -> str:
        return _without(text, "NodeNotReady")


def _without(text: str, rule: str) -> str:
    return re.sub(rf" +- alert: {rule}\n(?:        .*\n)+", "", text)
