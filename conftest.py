"""Loads the fixtures for every test; nothing else."""

# Not "fixtures": pytest takes that for a module of its own, and loads nothing.
pytest_plugins = ["fixtures.plugin"]
