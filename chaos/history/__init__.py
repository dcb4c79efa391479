"""Histories: what clients wrote, read and were told while a fault lasted, and whether it fits.

`recorder` writes one, from a process of its own; `file` reads it; `judges` say whether the promises
of the API were kept, purely from what is written; `porcupine` asks a checker of others about the
one object that is a register.
"""
