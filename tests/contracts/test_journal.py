"""Who changed what, and what is to be told, on every database."""

from datetime import datetime, timedelta
from json import loads

import pytest
from sqlalchemy import select
from tests.contracts.databases import run

from hostdown.domain.model import SERVICE_VERSION, Caller, Change
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat
from hostdown.storage import DatabaseSettings
from hostdown.storage.cell_tables import changes, outbox

NOW = datetime(2026, 3, 1, 12, 0, 0, 999999)
CALLER = Caller("u1", "Zoë", "p1", ("admin", "reader"), "req-1", "req-0")


def change(reason: str) -> Change:
    before = {"disabled": False, "disabled_reason": None}
    after = {"disabled": True, "disabled_reason": reason}
    return Change(NOW, CALLER, "service.update", before, after)


def test_a_change_is_kept_and_told_in_one_transaction(
    cell: Cell, settings: DatabaseSettings
) -> None:
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    beats = [Heartbeat(service.id, NOW + timedelta(seconds=n), n + 1) for n in range(3)]
    cell.write(lambda rows: rows.reports.heartbeats(beats))
    after = service._replace(disabled=True, disabled_reason="Strom 🔌", last_seen_up=NOW)
    cell.write(lambda rows: rows.journal.record(change("Strom 🔌"), after))
    assert cell.read(lambda rows: rows.journal.history("compute1", 10)) == [change("Strom 🔌")]

    columns = (outbox.c.host, outbox.c.event_type, outbox.c.request_id, outbox.c.payload)
    ((host, event_type, request_id, payload),) = run(settings.cell_url, select(*columns))
    assert (host, event_type, request_id) == ("compute1", "service.update", "req-1")
    assert loads(str(payload)) == {
        "host": "compute1",
        "binary": "nova-compute",
        "topic": "compute",
        "report_count": 3,
        "disabled": True,
        "disabled_reason": "Strom 🔌",
        "availability_zone": None,
        "last_seen_up": "2026-03-01T12:00:00Z",
        "forced_down": False,
        "version": SERVICE_VERSION,
        "uuid": service.uuid,
    }


def test_history_is_of_one_host_newest_first_and_limited(cell: Cell) -> None:
    services = {
        name: cell.write(lambda rows, n=name: rows.services.create(n, "nova-compute", NOW, None))
        for name in ("compute1", "compute2")
    }
    for reason in "abc":
        for service in services.values():
            cell.write(lambda rows, r=reason, s=service: rows.journal.record(change(r), s))
    newest = cell.read(lambda rows: rows.journal.history("compute1", 2))
    assert newest == [change("c"), change("b")]
    assert cell.read(lambda rows: rows.journal.history("compute3", 2)) == []


def test_a_change_that_fails_leaves_neither_row(cell: Cell, settings: DatabaseSettings) -> None:
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))

    def work(rows: CellRows) -> None:
        rows.journal.record(change("x"), service)
        raise LookupError("after the journal")

    with pytest.raises(LookupError):
        cell.write(work)
    assert run(settings.cell_url, select(changes.c.id)) == []
    assert run(settings.cell_url, select(outbox.c.id)) == []


def test_a_caller_without_a_project_comes_back_so(cell: Cell) -> None:
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    nobody = Caller("u", "n", None, (), "req-2")
    created = Change(NOW, nobody, "service.create", {}, {"host": "compute1"})
    cell.write(lambda rows: rows.journal.record(created, service))
    assert cell.read(lambda rows: rows.journal.history("compute1", 1)) == [created]


def test_what_is_of_no_service_is_kept_for_its_host_and_told(
    cell: Cell, settings: DatabaseSettings
) -> None:
    made = Change(NOW, CALLER, "recovery.disarm", {}, {"reason": "Umbau 🔌"})
    cell.write(lambda rows: rows.journal.note(made, "compute1"))
    cell.write(lambda rows: rows.journal.note(made, ""))
    assert cell.read(lambda rows: rows.journal.history("compute1", 2)) == [made]
    rows = run(settings.cell_url, select(outbox.c.host, outbox.c.event_type, outbox.c.payload))
    facts = [(host, event, loads(str(payload))) for host, event, payload in rows]
    assert facts == [
        (host, "recovery.disarm", {"host": host, "reason": "Umbau 🔌"}) for host in ("compute1", "")
    ]
