"""What changes of aggregates leave behind, and what deleted hosts do, on every database."""

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from sqlalchemy import select
from tests.contracts.aggregate_setting import CALLER, LATER, NOW, made, map_hosts
from tests.contracts.databases import run

from hostdown.domain.aggregate_errors import (
    AggregateNameTaken,
    HostAlreadyInAggregate,
)
from hostdown.domain.errors import CellUnavailable
from hostdown.domain.hypervisor_errors import ComputeHostNotFound
from hostdown.services import aggregates, compute_services
from hostdown.services.aggregates import Wanted
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.storage import DatabaseSettings, Storage
from hostdown.storage.delivery_tables import directory_outbox
from hostdown.storage.directory_tables import directory_changes

T = TypeVar("T")


@pytest.fixture
def hosts(directory: Directory) -> list[str]:
    return map_hosts(directory)


def journal(
    settings: DatabaseSettings,
) -> tuple[list[tuple[object, ...]], list[tuple[str, object]]]:
    """What was recorded: (subject, event, before, after), and what is told: (event, payload)."""
    c, o = directory_changes.c, directory_outbox.c
    rows = run(
        settings.directory_url,
        select(c.subject, c.event_type, c.before, c.after, c.request_id).order_by(c.id),
    )
    told = run(settings.directory_url, select(o.event_type, o.payload).order_by(o.id))
    recorded = [(s, e, json.loads(str(b)), json.loads(str(a))) for s, e, b, a, _ in rows]
    return recorded, [(str(event), json.loads(str(payload))) for event, payload in told]


def test_every_change_is_recorded_and_told(
    directory: Directory, settings: DatabaseSettings, hosts: list[str]
) -> None:
    first = made(directory, "a", "z", "compute1")
    wanted = Wanted("b", {"availability_zone": "y", "k": "v"})
    aggregates.update(directory, CALLER, first.id, wanted, LATER)
    aggregates.remove_host(directory, CALLER, first.id, "compute1", LATER)
    aggregates.delete(directory, CALLER, first.id, LATER)
    recorded, told = journal(settings)
    z, y = {"availability_zone": "z"}, {"availability_zone": "y", "k": "v"}
    assert recorded == [
        (first.uuid, "aggregate.create", {}, {"name": "a", "metadata": z}),
        (first.uuid, "aggregate.add_host", {}, {"host": "compute1"}),
        (first.uuid, "aggregate.update_prop", {"name": "a"}, {"name": "b"}),
        (first.uuid, "aggregate.update_metadata", z, y),
        (first.uuid, "aggregate.remove_host", {"host": "compute1"}, {}),
        (first.uuid, "aggregate.delete", {"name": "b", "metadata": y}, {}),
    ]
    one = {"id": first.id, "uuid": first.uuid, "name": "a", "hosts": [], "metadata": z}
    on = {**one, "hosts": ["compute1"]}
    assert told == [
        ("aggregate.create.start", {**one, "id": None, "hosts": None}),
        ("aggregate.create.end", one),
        ("aggregate.add_host.start", one),
        ("aggregate.add_host.end", on),
        ("aggregate.update_prop.start", {**on, "name": "b"}),
        ("aggregate.update_prop.end", {**on, "name": "b"}),
        ("aggregate.update_metadata.start", {**on, "name": "b"}),
        ("aggregate.update_metadata.end", {**on, "name": "b", "metadata": y}),
        ("aggregate.remove_host.start", {**on, "name": "b", "metadata": y}),
        ("aggregate.remove_host.end", {**one, "name": "b", "metadata": y}),
        ("aggregate.delete.start", {**one, "name": "b", "metadata": y}),
        ("aggregate.delete.end", {**one, "name": "b", "metadata": y}),
    ]


def test_what_changes_nothing_or_is_refused_leaves_no_trace(
    directory: Directory, settings: DatabaseSettings, hosts: list[str]
) -> None:
    first = made(directory, "a", "z", "compute1")
    before, revision = journal(settings), directory.read(lambda rows: rows.zones.revision())
    wanted = Wanted("a", {"availability_zone": "z", "none": None})
    assert aggregates.update(directory, CALLER, first.id, wanted, LATER) == first
    with pytest.raises(HostAlreadyInAggregate):
        aggregates.add_host(directory, CALLER, first.id, "compute1", LATER)
    with pytest.raises(AggregateNameTaken):
        made(directory, "a")
    assert journal(settings) == before
    assert directory.read(lambda rows: rows.zones.revision()) == revision


def test_an_audit_row_says_who(directory: Directory, settings: DatabaseSettings) -> None:
    made(directory, "a")
    c = directory_changes.c
    shown = [c.at, c.user_id, c.user_name, c.project_id, c.roles, c.request_id, c.global_request_id]
    (row,) = run(settings.directory_url, select(*shown))
    assert row == ("2026-03-01 12:00:00.000005", "u1", "admin", "p1", '["admin"]', "req-1", "req-2")


def test_a_deleted_service_leaves_no_host_in_any_aggregate(
    store: Storage, settings: DatabaseSettings, hosts: list[str]
) -> None:
    directory, cell = store.directory, store.cells.all()[0]
    first = made(directory, "a", "z", *hosts)
    second = made(directory, "b", None, "compute1")
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    compute_services.delete(store.cells, directory, CALLER, service.uuid, LATER)
    after = aggregates.list_aggregates(directory)
    assert [each.hosts for each in after] == [("compute2", "compute3"), ()]
    assert directory.read(lambda rows: rows.hosts.named("compute1")) is None
    recorded, _ = journal(settings)
    gone = ("aggregate.remove_host", {"host": "compute1"}, {})
    assert recorded[-2:] == [(first.uuid, *gone), (second.uuid, *gone)]


class Breaking:
    """A cell that can be read and not written, as the only one of its deployment."""

    def __init__(self, cell: Cell) -> None:
        self.name = cell.name
        self._cell = cell

    def read(self, work: Callable[[CellRows], T]) -> T:
        return self._cell.read(work)

    def write(self, work: Callable[[CellRows], T]) -> T:
        raise CellUnavailable(cell=self.name)

    def named(self, name: str) -> Cell:
        return self

    def all(self) -> Sequence[Cell]:
        return [self]


def test_a_deletion_that_broke_off_is_finished_by_the_next(
    store: Storage, hosts: list[str]
) -> None:
    directory, cell = store.directory, store.cells.all()[0]
    first = made(directory, "a", "z", "compute1")
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    with pytest.raises(CellUnavailable):
        compute_services.delete(Breaking(cell), directory, CALLER, service.uuid, LATER)
    assert cell.read(lambda rows: rows.services.get(service.uuid)) == service
    compute_services.delete(store.cells, directory, CALLER, service.uuid, LATER)
    assert cell.read(lambda rows: rows.services.get(service.uuid)) is None
    assert aggregates.show(directory, first.id).hosts == ()
    with pytest.raises(ComputeHostNotFound):
        aggregates.add_host(directory, CALLER, first.id, "compute1", LATER)
