"""What is old in a cell and a directory, to be forgotten or kept."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Insert, Table, insert, select
from tests.contracts.databases import run
from tests.contracts.test_instances import instance
from tests.contracts.test_permits import permit

from hostdown.domain.boots import Boot
from hostdown.domain.instance import Ended
from hostdown.domain.model import HostRecord
from hostdown.domain.permits import SURRENDER
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.clearing_ports import Clearing
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.instance_mapping_ports import InstanceMapping
from hostdown.services.instance_ports import Action, Event
from hostdown.services.retention import Retention
from hostdown.services.retention_ports import Kind
from hostdown.storage import DatabaseSettings, Storage
from hostdown.storage.cell_tables import instances
from hostdown.storage.leftover_tables import clearings
from hostdown.storage.types import written

NOW = datetime(2026, 3, 1, 12)
KEPT_FOR = timedelta(days=90)
BEFORE = NOW - KEPT_FOR
OLD = BEFORE - timedelta(hours=1)
HOST = "h1"


def drop(cell: Cell, kind: Kind, limit: int = 100) -> int:
    found = cell.read(lambda rows: rows.old.found(kind, BEFORE, limit))
    assert len(found) <= limit
    return cell.write(lambda rows: rows.old.drop(kind, BEFORE, found))


def held(settings: DatabaseSettings, table: Table, column: str) -> list[object]:
    found = run(settings.cell_url, select(table.c[column]).order_by(table.c.id))
    return [value for (value,) in found]


def journal(at: datetime, **whose: object) -> Mapping[str, object]:
    facts = dict.fromkeys(("event_type", "user_id", "user_name", "request_id"), "x")
    return {"at": written(at), **facts, "roles": "[]", "before": "{}", "after": "{}", **whose}


def act(
    cell: Cell,
    instance: str,
    name: str,
    at: datetime = OLD,
    event: Event | None = None,
) -> None:
    made = Action(0, instance, name, f"req-{name}", "u", "p", None, at, at)
    cell.write(lambda rows: rows.actions.add(made, event))


def step(finished: bool) -> Event:
    end = (OLD, "Success") if finished else (None, None)
    return Event(1, "compute_start", "h", OLD, *end, None)


def clearing(uuid: str) -> Clearing:
    return Clearing(uuid, "pool", "", "ann", "req-1", 0, NOW)


class Scene:
    """A cell and a directory, whose deployment forgets."""

    def __init__(self, store: Storage, settings: DatabaseSettings) -> None:
        self.store = store
        self.settings = settings
        self.cell = store.cells.all()[0]
        self.retention = Retention(store.directory, store.cells, KEPT_FOR)

    def server(self, ended: str | None = SURRENDER, at: datetime | None = OLD) -> str:
        """One that was deleted then, or not, whose permit ended so, or did not."""
        made = instance(deleted=at is not None, deleted_at=at)
        granted = permit(made.uuid, 1, HOST)

        def work(rows: CellRows) -> None:
            rows.instances.add(made)
            rows.permits.add(granted)
            (there,) = rows.permits.of_instance(made.uuid)
            if ended is not None:
                rows.permits.end(there, Ended(ended, "7", OLD))

        self.cell.write(work)
        mapping = InstanceMapping(made.uuid, self.cell.name, "p", OLD, deleted=at is not None)
        self.store.directory.write(lambda rows: rows.instance_mappings.add(mapping))
        return made.uuid

    def host(self, deleted: bool = False, anew_at: datetime | None = None) -> None:
        """The permits' host; `anew_at`: when it was started anew, if it was."""
        gone = OLD if deleted else None
        record = HostRecord(HOST, "h", self.cell.name, b"", "m", "b", 3, 1, "1", OLD, gone)

        def work(rows: DirectoryRows) -> None:
            rows.hosts.add(record)
            rows.boots.add(HOST, Boot(3, "three", 1, OLD))
            if anew_at is not None:
                rows.boots.add(HOST, Boot(4, "four", 2, anew_at))

        self.store.directory.write(work)

    def write(self, work: Callable[[CellRows], object]) -> None:
        self.cell.write(work)

    def turn(self) -> None:
        self.retention.turn(NOW)

    def left(self) -> list[str]:
        """The servers that the cell knows, by id."""
        return [str(uuid) for uuid in held(self.settings, instances, "uuid")]

    def is_mapped(self, uuid: str) -> bool:
        found = self.store.directory.read(lambda rows: rows.instance_mappings.get(uuid, True))
        return found is not None


def keep(scene: Scene, uuids: list[str]) -> None:
    """Something of these is still to be cleared up."""
    rows: list[Mapping[str, object]] = [
        dict(zip(clearings.c.keys(), (*clearing(uuid)[:-1], written(NOW)), strict=True))
        for uuid in uuids
    ]
    run(scene.settings.cell_url, *some(clearings, rows))


def some(table: Table, rows: list[Mapping[str, object]]) -> list[Insert]:
    """Statements that put these there."""
    return [insert(table).values(rows[place : place + 500]) for place in range(0, len(rows), 500)]
