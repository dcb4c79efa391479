"""Whether a fault can be injected, asked long before it is: nothing is changed or left."""

from __future__ import annotations

from chaos.safety.each import each
from chaos.safety.node import QUICK, Nodes
from chaos.safety.plan import NodeAction, Plan


def precheck(plan: Plan, nodes: Nodes) -> dict[str, str]:
    """Why a plan cannot be carried out, by node; empty if it can. The fence asks once more.

    A node that cannot be reached is such a reason; nothing is raised for it.
    """

    def check(action: NodeAction) -> str:
        line = f"export LC_ALL=C HOLDFAST_DIR=/nonexistent\nset -eu\n{action.precheck}"
        done = nodes[action.node].run(line, timeout=QUICK)
        return "" if done.code == 0 else (f"{done.out}{done.err}".strip() or "not possible")

    answers = zip(plan.actions, each(plan.actions, check), strict=True)
    return {action.node: str(why) for action, why in answers if str(why)}
