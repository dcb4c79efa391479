"""A server whose outages are known to the millisecond, to measure the measuring with."""
