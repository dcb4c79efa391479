"""Judging what is known of a cluster: one file a topic, one function an item of the checklist.

All of it is pure: the same facts, the same outcome, with no cluster.

>>> odd_number_of_voters(facts, facts.declared).verdict
<Verdict.PASS: 'PASS'>
"""

from chaos.conformance.outcome import CheckOutcome, Judge

__all__ = ["CheckOutcome", "Judge"]
