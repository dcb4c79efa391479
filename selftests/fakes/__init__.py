"""Stand-ins for what a unit test must not touch."""
