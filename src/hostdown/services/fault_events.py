"""What others say of hosts is kept, told, and shown beside what was decided (DESIGN §9).

It is evidence. Only where a site says `[recovery] events = word` is "down" taken for the word of
whoever sent it: then the host is forced down at once, in that name, as by the Compute API.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.fault_events import SAME_WITHIN, WORTH, FaultEvent, FaultKind
from hostdown.domain.liveness import Window, is_heard
from hostdown.domain.model import COMPUTE, Caller, Change, HostRecord, Service
from hostdown.services import compute_services
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.fault_ports import KEPT_MAX
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import Entry, Recovery

BEFORE = timedelta(seconds=60)
"""What was said so long before a host fell silent belongs to its recovery."""
TOLD = "host.fault_reported"


class Said(NamedTuple):
    """What somebody says of a host; `said_at` and `event_id` are "" where nothing is said."""

    host: str
    kind: FaultKind
    source: str
    event_id: str
    said_at: str
    details: Mapping[str, object]


class Meaning(StrEnum):
    """What comes of it now."""

    NOTED = "noted"
    """Nothing: this kind is only kept."""
    HEARD = "heard"
    """Nothing as long as the host is heard; should it fall silent soon, it counts."""
    COUNTS = "counts"
    """The host is silent, and its recovery waits less long."""
    FORCED_DOWN = "forced-down"
    """The host is forced down, by the word of the sender."""


class Taken(NamedTuple):
    """An event as it was kept, and what comes of it."""

    event: FaultEvent
    meaning: Meaning


class Reception(NamedTuple):
    """What events are taken in with. `as_word`: "down" is the word of its sender."""

    cells: Cells
    directory: Directory
    as_word: bool


def report(
    reception: Reception, said: Sequence[Said], caller: Caller, life: Window, now: datetime
) -> list[Taken]:
    """Keep what was said, all of it or, where a host is unknown, nothing; as it was said, by cell.

    Raises HostNotMapped, CellUnavailable. Said again after that, it is not another event.
    """
    records = _records(reception.directory, said)

    def cell_of(each: Said) -> str:
        return records[each.host].cell

    found: list[Taken] = []
    for cell, some in groupby(sorted(said, key=cell_of), key=cell_of):
        ours = list(some)
        found += reception.cells.named(cell).write(
            lambda rows, ours=ours: [  # type: ignore[misc] # a lambda's default
                _taken(rows, records[each.host], each, reception.as_word, caller, life, now)
                for each in ours
            ]
        )
    return found


def _records(directory: Directory, said: Iterable[Said]) -> dict[str, HostRecord]:
    names = sorted({each.host for each in said})
    found = directory.read(lambda rows: {name: rows.hosts.named(name) for name in names})
    for name, record in found.items():
        if record is None:
            raise HostNotMapped(host=name)
    return {name: record for name, record in found.items() if record is not None}


def _taken(
    rows: CellRows,
    record: HostRecord,
    said: Said,
    as_word: bool,
    caller: Caller,
    life: Window,
    now: datetime,
) -> Taken:
    event = rows.fault_events.put(_event(record, said, caller, now), now - SAME_WITHIN)
    service = next(iter(rows.services.find(record.name, COMPUTE)), None)
    if service is not None and event.times == 1:
        facts = {"kind": event.kind.value, "source": event.source}
        rows.journal.record(Change(now, caller, TOLD, {}, facts), service)
    meaning = _meaning(service, said.kind, as_word, life)
    if meaning is Meaning.FORCED_DOWN and service is not None:
        known: Service = service
        wanted = compute_services.Wanted(forced_down=True)
        compute_services.changed(rows, caller, lambda _: known, wanted, now)
    return Taken(event, meaning)


def _event(record: HostRecord, said: Said, caller: Caller, now: datetime) -> FaultEvent:
    return FaultEvent(
        id=0, host_id=record.id, host=record.name, kind=said.kind, source=said.source,
        event_id=said.event_id, said_at=said.said_at, first_at=now, last_at=now, times=1,
        user_id=caller.user_id, user_name=caller.user_name, request_id=caller.request_id,
        details=said.details,
    )  # fmt: skip


def _meaning(service: Service | None, kind: FaultKind, as_word: bool, life: Window) -> Meaning:
    worth = WORTH[kind]
    if service is None or not (worth.word or worth.begins or worth.hold_off < 1):
        return Meaning.NOTED
    if as_word and worth.word:
        return Meaning.FORCED_DOWN
    return Meaning.HEARD if is_heard(service, life) else Meaning.COUNTS


def beside(rows: CellRows, seen: Recovery, timeline: Sequence[Entry]) -> list[Entry]:
    """The timeline of a recovery with what was said of its host meanwhile, and shortly before; by
    time, for some of it is written down together with what came later."""
    found = list(timeline)
    for each in reversed(rows.fault_events.of_host(seen.host_id, KEPT_MAX)):
        is_later = seen.ended_at is not None and each.first_at > seen.ended_at
        if is_later or each.last_at < seen.silent_at - BEFORE:
            continue
        found.append(_entry(each))
    return sorted(found, key=lambda each: each.at)


def _entry(event: FaultEvent) -> Entry:
    facts = {
        **event.details,
        "said_at": event.said_at or None,
        "times": event.times if event.times > 1 else None,
        "user": event.user_name,
        "request_id": event.request_id,
    }
    return Entry(event.first_at, f"{event.source} says {event.kind.value}.", facts)
