"""What reports write, on every database."""

from datetime import datetime, timedelta

from sqlalchemy import select
from tests.contracts.databases import run

from hostdown.domain.model import Resources, Service
from hostdown.services.cell_ports import Cell, Heartbeat, Refusal
from hostdown.storage import DatabaseSettings
from hostdown.storage.cell_tables import compute_nodes

NOW = datetime(2026, 3, 1, 12, 0, 0, 1)
SEEN = NOW + timedelta(seconds=10)
RESOURCES = Resources(8, 2**40, 100, 1, 2, 3, 4, "QEMU", 7002000, "compute1", "::1", "{}", None)


def create(cell: Cell, host: str = "compute1") -> Service:
    return cell.write(lambda rows: rows.services.create(host, "nova-compute", NOW, None))


def beat(cell: Cell, *beats: Heartbeat) -> int:
    return cell.write(lambda rows: rows.reports.heartbeats(beats))


def seen(cell: Cell, service: Service) -> datetime | None:
    found = cell.read(lambda rows: rows.services.get(service.id))
    assert found is not None
    assert found.updated_at == found.last_seen_up
    return found.last_seen_up


def test_a_heartbeat_is_seen(cell: Cell) -> None:
    service = create(cell)
    assert beat(cell, Heartbeat(service.id, SEEN, 1)) == 1
    assert seen(cell, service) == SEEN


def test_only_a_higher_sequence_counts(cell: Cell) -> None:
    service = create(cell)
    assert beat(cell, Heartbeat(service.id, SEEN, 2**40)) == 1
    for sequence in (2**40, 2**40 - 1, 1):
        assert beat(cell, Heartbeat(service.id, SEEN + timedelta(1), sequence)) == 0
    assert seen(cell, service) == SEEN


def test_a_batch_writes_each_service_once_with_its_highest_sequence(cell: Cell) -> None:
    services = [create(cell, f"compute{n}") for n in range(50)]
    earlier = [Heartbeat(s.id, SEEN - timedelta(seconds=1), 4) for s in services]
    newest = [Heartbeat(s.id, SEEN + timedelta(seconds=n), 5) for n, s in enumerate(services)]
    assert beat(cell, *newest, *earlier) == len(services)
    assert [seen(cell, s) for s in services] == [b.seen_at for b in newest]


def test_heartbeats_of_deleted_and_unknown_services_are_dropped(cell: Cell) -> None:
    gone, kept = create(cell, "gone"), create(cell, "kept")
    cell.write(lambda rows: rows.services.delete(gone, NOW))
    beats = [Heartbeat(n, SEEN, 1) for n in (gone.id, kept.id, kept.id + 1000)]
    assert beat(cell, *beats) == 1
    assert beat(cell) == 0


def nodes(settings: DatabaseSettings) -> list[tuple[object, ...]]:
    columns = ("host", "vcpus_used", "memory_mb", "created_at", "updated_at", "deleted_at")
    shown = [compute_nodes.c[name] for name in columns]
    return run(settings.cell_url, select(*shown).order_by(compute_nodes.c.id))


def test_resources_are_kept_once_and_deleted_with_the_service(
    cell: Cell, settings: DatabaseSettings
) -> None:
    service = create(cell)
    busier = RESOURCES._replace(vcpus_used=7)
    for at, resources in ((NOW, RESOURCES), (SEEN, busier)):
        cell.write(lambda rows, a=at, r=resources: rows.reports.resources(service.id, r, a))
    now, later = "2026-03-01 12:00:00.000001", "2026-03-01 12:00:10.000001"
    assert nodes(settings) == [("compute1", 7, 2**40, now, later, None)]

    cell.write(lambda rows: rows.services.delete(service, SEEN))
    cell.write(lambda rows: rows.reports.resources(service.id, RESOURCES, SEEN))
    assert nodes(settings) == [("compute1", 7, 2**40, now, later, later)]

    again = create(cell)
    cell.write(lambda rows: rows.reports.resources(again.id, RESOURCES, SEEN))
    assert nodes(settings)[1] == ("compute1", 1, 2**40, later, None, None)


def test_refusals_are_added_up_by_host_and_reason(cell: Cell) -> None:
    stale = Refusal("compute1", "stale-time", 2, NOW)
    nobody = Refusal("", "bad-signature", 1, NOW)
    cell.write(lambda rows: rows.reports.refusals([stale, nobody]))
    cell.write(lambda rows: rows.reports.refusals([stale._replace(times=3, last_at=SEEN)]))
    total = Refusal("compute1", "stale-time", 5, SEEN)
    assert cell.read(lambda rows: rows.reports.refused()) == [nobody, total]
    assert cell.read(lambda rows: rows.reports.refused("compute1")) == [total]
    assert cell.read(lambda rows: rows.reports.refused("compute2")) == []
