"""Everything that happens to what Nova knows, too, as the outboxes keep it: one event of each type.

What the journals write down is what counts, so it is they that are asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product

import orjson
from tests.domain.things import FLAVOR, LONG_AGO, NOW, STATES, instance, migration

from hostdown.domain.assignment import ImageSource
from hostdown.domain.deliveries import DIRECTORY, Event
from hostdown.domain.host_words import About
from hostdown.domain.instance import Extras, Fault, Instance, no_valid_host
from hostdown.domain.instance_events import event_of
from hostdown.domain.migration import NEXT, Migration, moved
from hostdown.domain.model import Aggregate, Caller, Change, Flavor, Service
from hostdown.domain.server_groups import GroupPolicy, ServerGroup
from hostdown.domain.settlement import deleted
from hostdown.services import (
    aggregate_journal,
    flavor_journal,
    instance_journal,
    move_journal,
    server_group_journal,
)

CALLER = Caller("alice", "alice", "p1", ("member",), "req-1")
FAULT = Fault(500, "The pool has no room left.", "disk-full", NOW)
IMAGE = ImageSource("155d900f-4e14-4e4c-a73d-069cbf4541e6", "0" * 64, 25_165_824, "raw")
SERVER = instance(
    uuid="d5e6a7b7-80e5-4166-85a3-cd6115201082",
    name="some-server",
    node="compute1.node",
    zone="nova",
    image=IMAGE,
    image_properties={"architecture": "x86_64", "hw_disk_bus": "virtio", "shelf": "7"},
    metadata={"role": "db"},
    hints={"group": "g", "different_host": ["a", "b"]},
    extras=Extras(access_ip_v4="192.0.2.7", reservation_id="r-1"),
)
SERVICE = {
    "host": "compute1",
    "binary": "nova-compute",
    "topic": "compute",
    "report_count": 7,
    "disabled": False,
    "disabled_reason": None,
    "availability_zone": None,
    "last_seen_up": "2026-03-01T12:00:00Z",
    "forced_down": True,
    "version": 70,
    "uuid": "fa69c544-906b-4a6a-a9c6-c1f7a8078c73",
}


def event(kind: str, payload: Mapping[str, object], request_id: str = "req-1") -> Event:
    """As it comes out of an outbox."""
    told = orjson.loads(orjson.dumps(payload))
    return Event(7, "e7", DIRECTORY, NOW, "subject", kind, told, request_id)


class Journal:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.journal = self.flavor_projects = self.services = self.instances = self
        self.server: Instance | None = SERVER

    def of(self, _: Flavor) -> Sequence[str]:
        """The projects of a flavor."""
        return ["p1"]

    def get(self, _uuid: str) -> Instance | None:
        """The server of a move."""
        return self.server

    def keep_instance(self, _change: Change, _instance: Instance) -> None:
        """It is of no interest."""

    def tell_instance(
        self,
        change: Change,
        _: Instance,
        payload: Mapping[str, object],
        about: About | None = None,
    ) -> None:
        told = event(change.event_type, payload, change.caller.request_id)
        self.events.append(told._replace(about=about))

    def find(self, _host: str, _binary: str) -> Sequence[Service]:
        """No host has a service here."""
        return ()

    def record(self, _change: Change, _subject: str, told: Sequence[tuple[str, object]]) -> None:
        self.events += [event(kind, payload) for kind, payload in told]  # type: ignore[arg-type] # facts


def changed(seen: Instance, after: Instance, by_host: bool, now: datetime = NOW) -> Event:
    """A change of a server."""
    return changes_of(seen, after, by_host, now)[-1]


def changes_of(seen: Instance, after: Instance, by_host: bool, now: datetime = NOW) -> list[Event]:
    """All that it is told as."""
    rows = Journal()
    instance_journal.changed(rows, seen, after, None if by_host else CALLER, now)  # type: ignore[arg-type] # a fake
    return rows.events


def of_servers() -> dict[str, Event]:
    """One of each type that a change of a server can be."""
    found: dict[str, Event] = {}
    for seen, after, by_host in _changes():
        kind = event_of(seen, after, by_host)
        if kind not in found:
            found |= {each.type: each for each in changes_of(seen, after, by_host)}
    return found


def _changes() -> Iterator[tuple[Instance, Instance, bool]]:
    tasks = {task for _, task in STATES}
    for was, becomes, by_host in product(tasks, tasks, (True, False)):
        seen = SERVER._replace(task_state=was)
        after = SERVER._replace(task_state=becomes)
        failed = after._replace(vm_state="error", fault=FAULT)
        unplaced = failed._replace(fault=no_valid_host("All are full.", NOW))
        for each in (failed, unplaced, after._replace(host="compute2"), deleted(after, NOW), after):
            yield seen, each, by_host
            yield seen, each._replace(locked_by="owner", locked_reason="why"), by_host
            yield seen._replace(locked_by="owner"), each, by_host


def stepped(seen: Migration, after: Migration, server: Instance | None = SERVER) -> list[Event]:
    """A step of a move."""
    rows = Journal()
    rows.server = server
    move_journal.stepped(rows, seen, after, NOW)  # type: ignore[arg-type] # a fake
    return rows.events


def of_moves() -> dict[str, Event]:
    """One of each type that a step of a move can be."""
    found: dict[str, Event] = {}
    for kind, table in NEXT.items():
        for status, following in table.items():
            seen = migration(type=kind, status=status, generation=2, dest_host="compute2")
            wish = seen.wish._replace(cancelled=True, hurried=True)
            again = seen._replace(generation=3, wish=wish)
            for after in (again, *(moved(seen, each) for each in following)):
                for host in ("compute1", "compute2"):
                    told = stepped(seen, after, SERVER._replace(host=host))
                    found |= {each.type: each for each in told}
    return found


def of_the_directory() -> dict[str, Event]:
    """One of each type that a change of an aggregate, a group or a flavor can be."""
    rows = Journal()
    plain = Aggregate(1, "788608ec-ebdc-45c5-bc7f-e5f24ab92c80", "a", ("h",), {}, LONG_AGO, None)
    other = plain._replace(name="b", metadata={"availability_zone": "nova"})
    more = plain._replace(hosts=("h", "i"))
    aggregate_journal.created(rows, plain, CALLER, NOW)  # type: ignore[arg-type] # a fake
    aggregate_journal.changed(rows, plain, other, CALLER, NOW)  # type: ignore[arg-type] # a fake
    aggregate_journal.host_added(rows, plain, more, CALLER, NOW)  # type: ignore[arg-type] # a fake
    aggregate_journal.host_removed(rows, more, plain, CALLER, NOW)  # type: ignore[arg-type] # a fake
    aggregate_journal.deleted(rows, plain, CALLER, NOW)  # type: ignore[arg-type] # a fake
    group = ServerGroup(1, "u", "g", "p1", "alice", GroupPolicy.ANTI_AFFINITY, 3, NOW, ("s",))
    server_group_journal.created(rows, group, CALLER, NOW)  # type: ignore[arg-type] # a fake
    server_group_journal.joined(rows, group, CALLER, NOW)  # type: ignore[arg-type] # a fake
    server_group_journal.deleted(rows, group, CALLER, NOW)  # type: ignore[arg-type] # a fake
    flavor_journal.created(rows, FLAVOR, CALLER, NOW)  # type: ignore[arg-type] # a fake
    flavor_journal.let_in(rows, FLAVOR, "p1", CALLER, NOW)  # type: ignore[arg-type] # a fake
    flavor_journal.deleted(rows, FLAVOR, ["p1"], CALLER, NOW)  # type: ignore[arg-type] # a fake
    return {each.type: each for each in rows.events}


def of_services() -> dict[str, Event]:
    """One of each type that a change of a service can be."""
    kinds = ("service.create", "service.update", "service.delete")
    return {kind: event(kind, SERVICE) for kind in kinds}


def everything() -> dict[str, Event]:
    """By type."""
    return {**of_servers(), **of_moves(), **of_the_directory(), **of_services()}
