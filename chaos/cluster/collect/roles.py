"""Which ClusterRoles allow everything, by their rules: a name says nothing."""

from __future__ import annotations

from chaos.cluster.kube import Listed, Object

ALL = "*"
# Who may do these to every kind may do anything; a controller of the API's own lacks one or more.
EVERYTHING = {"get", "create", "update", "delete"}


def powerful(roles: Listed) -> tuple[str, ...]:
    """The names of those that allow everything on all kinds of all groups."""
    return tuple(sorted(one["metadata"]["name"] for one in roles.items if _all(one)))


def _all(role: Object) -> bool:
    verbs: set[str] = set()
    for rule in role.get("rules") or ():
        everywhere = ALL in (rule.get("apiGroups") or ()) and ALL in (rule.get("resources") or ())
        if everywhere and not rule.get("resourceNames"):
            verbs.update(rule.get("verbs") or ())
    return ALL in verbs or verbs >= EVERYTHING
