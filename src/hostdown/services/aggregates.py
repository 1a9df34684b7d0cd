"""Aggregates and the zones they make: list, create, change, delete (contract 6.3).

Every change takes the lock of all aggregates first and then reads what it decides by. That is how a
host cannot get into two zones, nor into an aggregate that is being deleted. A change that changes
nothing writes nothing and tells nobody.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from hostdown.domain.aggregate_errors import (
    AggregateNotEmpty,
    AggregateNotFound,
    HostAlreadyInAggregate,
    HostInOtherZone,
    HostNotInAggregate,
    HostsInOtherZones,
    ServersInZone,
    ServersWouldMove,
    ZoneNameMissing,
)
from hostdown.domain.hypervisor_errors import ComputeHostNotFound
from hostdown.domain.model import ZONE_KEY, Aggregate, Caller
from hostdown.services import aggregate_journal as journal
from hostdown.services import failure_domains
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.hosting import NOBODY, Hosting


def list_aggregates(directory: Directory) -> list[Aggregate]:
    """All, by id."""
    return directory.read(lambda rows: rows.aggregates.all())


def show(directory: Directory, aggregate_id: int) -> Aggregate:
    """One; raises AggregateNotFound."""
    return directory.read(lambda rows: _found(rows, aggregate_id))


def create(
    directory: Directory, caller: Caller, name: str, zone: str | None, now: datetime
) -> Aggregate:
    """A new one without hosts; raises AggregateNameTaken."""
    metadata = {} if zone is None else {ZONE_KEY: zone}
    made = Aggregate(0, str(uuid4()), name, (), metadata, created_at=now, updated_at=None)

    def work(rows: DirectoryRows) -> Aggregate:
        rows.aggregates.lock()
        added = rows.aggregates.add(made)
        journal.created(rows, added, caller, now)
        return added

    return directory.write(work)


class Wanted(NamedTuple):
    """What to change of an aggregate: its name if given, and metadata, where None takes a key away.

    `doing` says in refusals what was tried.
    """

    name: str | None
    metadata: Mapping[str, str | None]
    doing: str = "update aggregate"


def update(
    directory: Directory,
    caller: Caller,
    aggregate_id: int,
    wanted: Wanted,
    now: datetime,
    hosting: Hosting = NOBODY,
) -> Aggregate:
    """Change name and metadata.

    Raises AggregateNotFound, AggregateNameTaken, ZoneNameMissing, HostsInOtherZones, ServersInZone.
    """

    def work(rows: DirectoryRows) -> Aggregate:
        rows.aggregates.lock()
        seen = _found(rows, aggregate_id)
        metadata = {**seen.metadata, **wanted.metadata}
        kept = {key: value for key, value in metadata.items() if value is not None}
        after = seen._replace(name=wanted.name or seen.name, metadata=kept)
        if ZONE_KEY in wanted.metadata and not wanted.metadata[ZONE_KEY]:
            raise ZoneNameMissing(doing=wanted.doing, aggregate_id=seen.id, name=after.name)
        zones = _others(rows.zones.of_members(seen.id), after.zone)
        if zones:
            raise HostsInOtherZones(doing=wanted.doing, aggregate_id=seen.id, zones=zones)
        if after.zone != seen.zone and hosting.count(seen.hosts):
            raise ServersInZone(doing=wanted.doing, aggregate_id=seen.id)
        if after == seen:
            return seen
        after = after._replace(updated_at=now)
        rows.aggregates.replace(seen, after)
        journal.changed(rows, seen, after, caller, now)
        return after

    return directory.write(work)


def delete(directory: Directory, caller: Caller, aggregate_id: int, now: datetime) -> None:
    """Delete an empty one; raises AggregateNotFound, AggregateNotEmpty."""

    def work(rows: DirectoryRows) -> None:
        rows.aggregates.lock()
        seen = _found(rows, aggregate_id)
        if seen.hosts:
            raise AggregateNotEmpty(aggregate_id=seen.id)
        rows.aggregates.remove(seen)
        journal.deleted(rows, seen, caller, now)

    directory.write(work)


def add_host(
    directory: Directory,
    caller: Caller,
    aggregate_id: int,
    host: str,
    now: datetime,
    hosting: Hosting = NOBODY,
) -> Aggregate:
    """Add a host that the directory maps, by its exact name.

    Raises ComputeHostNotFound, AggregateNotFound, HostAlreadyInAggregate, HostInOtherZone,
    ServersWouldMove, in this order.
    """

    def work(rows: DirectoryRows) -> Aggregate:
        rows.aggregates.lock()
        if rows.hosts.named(host) is None:
            raise ComputeHostNotFound(host=host)
        seen = _found(rows, aggregate_id)
        if host in seen.hosts:
            raise HostAlreadyInAggregate(aggregate_id=seen.id, host=host)
        present = rows.zones.of_host(host)
        zones = _others(present, seen.zone)
        if zones:
            raise HostInOtherZone(aggregate_id=seen.id, zones=zones)
        if seen.zone is not None and not present:
            _check_servers(hosting, seen, host, adding=True)
        after = seen._replace(hosts=(*seen.hosts, host))
        rows.aggregates.replace(seen, after)
        journal.host_added(rows, seen, after, caller, now)
        return after

    return directory.write(work)


def remove_host(
    directory: Directory,
    caller: Caller,
    aggregate_id: int,
    host: str,
    now: datetime,
    hosting: Hosting = NOBODY,
) -> Aggregate:
    """Remove a host.

    Raises HostNotInAggregate, also where there is no such aggregate, and ServersWouldMove.
    """

    def work(rows: DirectoryRows) -> Aggregate:
        rows.aggregates.lock()
        seen = rows.aggregates.get(aggregate_id)
        if seen is None or host not in seen.hosts:
            raise HostNotInAggregate(aggregate_id=aggregate_id, host=host)
        if seen.zone is not None and not _kept_in_zone(rows, seen, host):
            _check_servers(hosting, seen, host, adding=False)
        return _without(rows, seen, host, caller, now)

    return directory.write(work)


def _kept_in_zone(rows: DirectoryRows, without: Aggregate, host: str) -> bool:
    """Does another aggregate keep the host in the zone of the one that it leaves?"""
    return any(
        host in each.hosts and each.zone == without.zone and each.id != without.id
        for each in rows.aggregates.all()
    )


def _check_servers(hosting: Hosting, aggregate: Aggregate, host: str, *, adding: bool) -> None:
    """Raises ServersWouldMove if the host has servers, and another zone than before."""
    before, after = hosting.default_zone, aggregate.zone
    count = 0 if before == after else hosting.count([host])
    if not count:
        return
    if adding:
        words = {"doing": "add host to", "done": "added to", "before": before, "after": after}
    else:
        words = {"doing": "remove host from", "done": "removed from"}
        words |= {"before": str(after), "after": before}
    raise ServersWouldMove(aggregate_id=aggregate.id, count=count, **words)


def remove_from_all(rows: DirectoryRows, caller: Caller, host: str, now: datetime) -> None:
    """Take a host out of every aggregate and its failure domain, in a transaction of the caller."""
    failure_domains.put(rows, caller, host, None, now)
    for seen in rows.aggregates.all():
        if host in seen.hosts:
            _without(rows, seen, host, caller, now)


def _without(
    rows: DirectoryRows, seen: Aggregate, host: str, caller: Caller, now: datetime
) -> Aggregate:
    after = seen._replace(hosts=tuple(each for each in seen.hosts if each != host))
    rows.aggregates.replace(seen, after)
    journal.host_removed(rows, seen, after, caller, now)
    return after


def _found(rows: DirectoryRows, aggregate_id: int) -> Aggregate:
    found = rows.aggregates.get(aggregate_id)
    if found is None:
        raise AggregateNotFound(aggregate_id=aggregate_id)
    return found


def _others(zones: set[str], zone: str | None) -> list[str]:
    """Those of `zones` that somebody cannot be in who is to be in `zone`, in order.

    Every change after which a host could be in another zone than before asks here.
    """
    return [] if zone is None else sorted(zones - {zone})
