"""Reading facts: once, everything at the same time, each call bounded.

>>> facts = collect(cluster)
>>> save(facts, Path("facts.json"))
"""

from chaos.cluster.collect.everything import collect

__all__ = ["collect"]
