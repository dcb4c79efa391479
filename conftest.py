"""Loads the fixtures for every test; nothing else."""

pytest_plugins = ["fixtures"]
