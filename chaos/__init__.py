"""The engine: clusters, faults, probes, checks and experiments; it knows nothing of pytest."""
