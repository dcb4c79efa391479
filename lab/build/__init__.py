"""Building what the lab's nodes are made of: a Debian root, programs, and images."""

from lab.build.artifacts import Artifacts, built, ensure

__all__ = ["Artifacts", "built", "ensure"]
