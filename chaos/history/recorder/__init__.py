"""The recorder: what is asked of the cluster for a history, and who writes it down.

To the sampler these are probes, attempts on a schedule, so a history is recorded by a second one of
it (`Recording`). Not by the one that measures outages: there the event loop is what all times are
taken in, and nothing in it may wait for a disk. A history may: an operation is in the file before
it is sent, and a moment noted late makes an interval longer, which judges less and never wrongly.
"""

from chaos.history.recorder.recording import Recording

__all__ = ["Recording"]
