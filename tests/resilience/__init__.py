"""What is broken on purpose: these tests run only with `--chaos`."""
