"""The defects in recorded facts, one file a topic."""
