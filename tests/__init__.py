"""What runs against a cluster: conformance, resilience and drills."""
