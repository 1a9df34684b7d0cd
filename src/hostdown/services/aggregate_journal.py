"""What a change of an aggregate leaves in the journal and tells (contract 7.3, 7.4).

The API's notifications of aggregates come in pairs: `.start` shows the aggregate as it was, `.end`
as it is then. A change and its pair are one transaction, so neither is ever told alone.
"""

from collections.abc import Mapping
from datetime import datetime

from hostdown.domain.model import Aggregate, Caller, Change
from hostdown.services.aggregate_ports import Told
from hostdown.services.directory_ports import DirectoryRows

Facts = Mapping[str, object]


def created(rows: DirectoryRows, made: Aggregate, caller: Caller, now: datetime) -> None:
    """A new aggregate: at the start it has neither an id nor hosts."""
    change = Change(now, caller, "aggregate.create", {}, _named(made))
    _record(rows, change, made, _payload(made) | {"id": None, "hosts": None}, _payload(made))


def changed(
    rows: DirectoryRows, seen: Aggregate, after: Aggregate, caller: Caller, now: datetime
) -> None:
    """A new name, new metadata, or first the one and then the other."""
    renamed = seen._replace(name=after.name, updated_at=after.updated_at)
    if renamed.name != seen.name:
        names: tuple[Facts, Facts] = {"name": seen.name}, {"name": after.name}
        change = Change(now, caller, "aggregate.update_prop", *names)
        _record(rows, change, after, _payload(renamed), _payload(renamed))
    if after.metadata != seen.metadata:
        before = dict(seen.metadata.items() - after.metadata.items())
        since = dict(after.metadata.items() - seen.metadata.items())
        change = Change(now, caller, "aggregate.update_metadata", before, since)
        _record(rows, change, after, _payload(renamed), _payload(after))


def deleted(rows: DirectoryRows, seen: Aggregate, caller: Caller, now: datetime) -> None:
    """An aggregate that is no more."""
    change = Change(now, caller, "aggregate.delete", _named(seen), {})
    _record(rows, change, seen, _payload(seen), _payload(seen))


def host_added(
    rows: DirectoryRows, seen: Aggregate, after: Aggregate, caller: Caller, now: datetime
) -> None:
    """One host more."""
    change = Change(now, caller, "aggregate.add_host", {}, {"host": after.hosts[-1]})
    _record(rows, change, after, _payload(seen), _payload(after))


def host_removed(
    rows: DirectoryRows, seen: Aggregate, after: Aggregate, caller: Caller, now: datetime
) -> None:
    """One host less."""
    (host,) = set(seen.hosts) - set(after.hosts)
    change = Change(now, caller, "aggregate.remove_host", {"host": host}, {})
    _record(rows, change, after, _payload(seen), _payload(after))


def _named(aggregate: Aggregate) -> Facts:
    return {"name": aggregate.name, "metadata": dict(aggregate.metadata)}


def _payload(aggregate: Aggregate) -> dict[str, object]:
    """The data of an AggregatePayload 1.1."""
    return {
        "id": aggregate.id,
        "uuid": aggregate.uuid,
        "name": aggregate.name,
        "hosts": list(aggregate.hosts),
        "metadata": dict(aggregate.metadata),
    }


def _record(
    rows: DirectoryRows, change: Change, subject: Aggregate, start: Facts, end: Facts
) -> None:
    told = Told(f"{change.event_type}.start", start), Told(f"{change.event_type}.end", end)
    rows.journal.record(change, subject.uuid, told)
