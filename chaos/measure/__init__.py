"""How we measure and how we judge.

A sampler in a process of its own runs the probes and writes samples into a timeline on disk; the
runner writes its events into the same file. Everything else here is a pure function of that file:
stalls of the runner, what each probe did not see, outages, degradations, recovery, the verdict.

All moments are seconds of CLOCK_MONOTONIC, which all processes of one machine share; all lengths
are seconds too, but for budgets, which people write and which are timedeltas.
"""
