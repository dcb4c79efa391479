"""No write is applied twice, and none that was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.history.file import History
from chaos.history.judges.judgement import FLOOR, Clock, Judgement, concluded, told, too_few
from chaos.history.judges.sightings import Sighting, sightings
from chaos.history.operation import Operation, Result

PROMISE = "no write is applied twice"


def judge(history: History, *, fault: float | None = None, floor: int = FLOOR) -> Judgement:
    """Look for values that came back, and for such as should not be there.

    No value is written twice, so one that an object has again after it had another was applied
    twice: something on the way sent the request a second time. So it did where a write was refused
    (409) and is there all the same.

    Limits: a second application that changes nothing, right after the first, leaves no trace; and
    a value seen at two versions with nothing in between is somebody else's write beside it, as of a
    label, and no second application.
    """
    clock = Clock.of(history, fault)
    writes = {o.value: o for o in history.operations if o.writes}
    by_key = sightings(history)
    broken = [*_again(by_key, clock), *_refused(by_key, writes, clock)]
    ends = [o.returned for o in writes.values() if o.ok]
    return concluded(
        PROMISE,
        broken,
        looked_at=len(writes),
        of="writes",
        doubts=[too_few("acknowledged writes", ends, fault=fault, floor=floor)],
    )


def _again(by_key: Mapping[str, list[Sighting]], clock: Clock) -> Iterator[str]:
    for key, seen in by_key.items():
        had: dict[str | None, Sighting] = {}
        before: Sighting | None = None
        for sighting in seen:
            first = had.setdefault(sighting.value, sighting)
            replaced = before is not None and before.value != sighting.value
            if replaced and first is not sighting and sighting.value is not None:
                yield (
                    f"{key}: {sighting.value}, first at version {first.version} ({first.by}, "
                    f"{clock.at(first.at)}), is there again at version {sighting.version} "
                    f"({sighting.by}, {clock.at(sighting.at)}) after {before and before.value}"
                )
            before = sighting


def _refused(
    by_key: Mapping[str, list[Sighting]], writes: Mapping[str | None, Operation], clock: Clock
) -> Iterator[str]:
    for key, seen in by_key.items():
        reported = set()
        for sighting in seen:
            write = writes.get(sighting.value)
            if write is None or write.result is not Result.FAILED or sighting.value in reported:
                continue
            reported.add(sighting.value)
            status = write.detail.get("status", write.detail.get("class", "an error"))
            yield (
                f"{key}: {told(write, clock)} was refused ({status}), and {sighting.by} shows it "
                f"at version {sighting.version} ({clock.at(sighting.at)})"
            )
