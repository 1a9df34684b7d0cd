"""The services of a cell, on every database."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from hostdown.domain.model import COMPUTE, Service
from hostdown.services import own_services
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat
from hostdown.storage import DatabaseSettings, open_storage

NOW = datetime(2026, 3, 1, 12, 0, 0, 123457)
LATER = NOW + timedelta(seconds=1)


def create(
    cell: Cell, host: str, binary: str = "nova-compute", reason: str | None = None
) -> Service:
    made = cell.write(lambda rows: rows.services.create(host, binary, NOW, reason))
    assert made is not None
    return made


def find(cell: Cell, host: str | None = None, binary: str | None = None) -> list[Service]:
    return cell.read(lambda rows: rows.services.find(host, binary))


def test_a_new_service_is_enabled_and_was_never_seen(cell: Cell) -> None:
    service = create(cell, "compute1")
    assert str(UUID(service.uuid)) == service.uuid
    named = ("compute1", "nova-compute")
    assert service[2:] == (*named, False, None, False, None, None, None, False)
    assert find(cell) == [service]


def test_a_new_service_with_a_reason_is_disabled(cell: Cell) -> None:
    service = create(cell, "compute1", reason="new hosts wait")
    assert (service.disabled, service.disabled_reason) == (True, "new hosts wait")


def test_a_service_is_made_once_and_stays_as_it_is(cell: Cell) -> None:
    first = create(cell, "compute1")
    assert cell.write(lambda rows: rows.services.create("compute1", COMPUTE, NOW, "again")) is None
    assert find(cell) == [first]


def test_of_two_that_make_a_service_at_once_one_has_made_it(cell: Cell) -> None:
    others: list[Service | None] = []

    def other() -> None:
        others.append(cell.write(lambda rows: rows.services.create("c", COMPUTE, NOW, "other")))

    late = Thread(target=other)

    def work(rows: CellRows) -> Service | None:
        made = rows.services.create("c", COMPUTE, NOW, None)
        if late.ident is None:
            late.start()
        return made

    made = cell.write(work)
    late.join(30)
    assert made is not None
    assert (others, find(cell)) == ([None], [made])


def test_servers_that_start_at_once_tell_of_their_services_once(cell: Cell) -> None:
    together = Barrier(4)

    def start() -> None:
        for number in range(5):
            together.wait(30)
            own_services.ensure(cell, f"server{number}", NOW)

    threads = [Thread(target=start) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in range(5):
        told = cell.read(lambda rows, n=number: rows.journal.history(f"server{n}", 10))
        assert [change.event_type for change in told] == ["service.create"] * 2


def test_services_are_found_by_host_and_binary_in_the_order_of_their_ids(cell: Cell) -> None:
    b = create(cell, "b")
    a = create(cell, "a")
    scheduler = create(cell, "b", "nova-scheduler")
    assert find(cell) == [b, a, scheduler]
    assert find(cell, host="b") == [b, scheduler]
    assert find(cell, binary="nova-compute") == [b, a]
    assert find(cell, "b", "nova-scheduler") == [scheduler]
    assert find(cell, "c") == []


@pytest.mark.parametrize("unknown", [0, -1, 2**63, 10**40, "", "1", "no uuid", "x" * 1000])
def test_a_service_is_got_by_id_and_by_uuid_as_text(cell: Cell, unknown: int | str) -> None:
    service = create(cell, "compute1")

    def get(key: int | str) -> Service | None:
        return cell.read(lambda rows: rows.services.get(key))

    assert get(service.id) == service
    assert get(service.uuid) == service
    assert get(service.uuid.upper()) is None
    assert get(service.uuid.replace("-", "")) is None
    assert get(str(service.id)) is None
    assert get(unknown) is None


def test_a_replacement_writes_what_an_administrator_sets(cell: Cell) -> None:
    seen = create(cell, "compute1")
    after = seen._replace(
        disabled=True, disabled_reason="été 🌩", forced_down=True, updated_at=LATER
    )
    assert cell.write(lambda rows: rows.services.replace(seen, after))
    assert find(cell) == [after]


@pytest.mark.parametrize(
    "change",
    [{"disabled": True}, {"disabled": True, "disabled_reason": "x"}, {"forced_down": True}],
    ids=["disabled", "reason", "forced down"],
)
def test_a_replacement_of_what_is_no_longer_there_does_nothing(
    cell: Cell, change: dict[str, bool | str]
) -> None:
    seen = create(cell, "compute1")
    first = seen._replace(updated_at=LATER, **change)
    assert cell.write(lambda rows: rows.services.replace(seen, first))
    second = seen._replace(disabled_reason="second", updated_at=LATER)
    assert not cell.write(lambda rows: rows.services.replace(seen, second))
    assert find(cell) == [first]


def test_a_reason_is_compared_exactly(cell: Cell) -> None:
    seen = create(cell, "compute1", reason="broken")
    for other in ("Broken", "broken ", "brokén"):
        wrong = seen._replace(disabled_reason=other)
        assert not cell.write(lambda rows, w=wrong: rows.services.replace(w, seen))


def test_a_heartbeat_between_reading_and_writing_survives_a_replacement(cell: Cell) -> None:
    seen = create(cell, "compute1")
    beat = Heartbeat(seen.id, LATER, 1)
    assert cell.write(lambda rows: rows.reports.heartbeats([beat])) == 1
    after = seen._replace(forced_down=True, updated_at=LATER)
    assert cell.write(lambda rows: rows.services.replace(seen, after))
    assert find(cell) == [after._replace(last_seen_up=LATER)]


def test_a_deleted_service_is_gone_and_its_name_can_be_used_again(cell: Cell) -> None:
    old = create(cell, "compute1")
    assert cell.write(lambda rows: rows.services.delete(old, LATER))
    assert not cell.write(lambda rows: rows.services.delete(old, LATER))
    assert find(cell) == find(cell, "compute1") == []
    assert cell.read(lambda rows: rows.services.get(old.id)) is None
    assert cell.read(lambda rows: rows.services.get(old.uuid)) is None
    assert not cell.write(lambda rows: rows.services.replace(old, old))
    new = create(cell, "compute1")
    assert (new.id, new.uuid) != (old.id, old.uuid)
    assert cell.write(lambda rows: rows.services.delete(new, LATER))
    assert create(cell, "compute1").id > new.id


def test_changes_since_a_mark_hold_what_was_created_changed_and_deleted(cell: Cell) -> None:
    a, b, c = (create(cell, name) for name in "abc")
    everything, mark = cell.read(lambda rows: rows.services.changed_since(0))
    assert sorted(row.service.host for row in everything) == ["a", "b", "c"]
    assert not any(row.deleted for row in everything)
    down = a._replace(forced_down=True, updated_at=LATER)
    cell.write(lambda rows: rows.services.replace(a, down))
    cell.write(lambda rows: rows.services.delete(b, LATER))
    changed, newer = cell.read(lambda rows: rows.services.changed_since(mark))
    by_host = {row.service.host: row for row in changed}
    assert by_host["a"] == (down, False)
    assert by_host["b"].deleted
    assert newer >= mark
    assert c.host in {row.service.host for row in everything}


def test_changes_older_than_the_longest_transaction_do_not_come_again(
    settings: DatabaseSettings,
) -> None:
    store = open_storage(replace(settings, statement_timeout_s=0.0))
    cell = store.cells.all()[0]
    create(cell, "compute1")
    changed, mark = cell.read(lambda rows: rows.services.changed_since(0))
    while changed:  # until the database's clock has moved on
        changed, mark = cell.read(lambda rows, m=mark: rows.services.changed_since(m))
    store.close()


def test_a_clock_set_back_makes_everything_be_read_again(cell: Cell) -> None:
    create(cell, "compute1")
    _, mark = cell.read(lambda rows: rows.services.changed_since(0))
    ahead = mark + 3_600_000_000
    again, newest = cell.read(lambda rows: rows.services.changed_since(ahead))
    assert [row.service.host for row in again] == ["compute1"]
    assert newest < ahead


def test_of_writers_that_saw_the_same_row_one_wins(cell: Cell) -> None:
    seen = create(cell, "compute1")
    threads_max = 8
    together = Barrier(threads_max)
    won: list[int] = []

    def disable(number: int) -> None:
        after = seen._replace(disabled=True, disabled_reason=str(number), updated_at=LATER)
        together.wait(timeout=30)
        if cell.write(lambda rows: rows.services.replace(seen, after)):
            won.append(number)

    threads = [Thread(target=disable, args=(n,)) for n in range(threads_max)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(won) == 1
    assert find(cell)[0].disabled_reason == str(won[0])


def test_no_change_is_lost_when_threads_read_decide_and_write(cell: Cell) -> None:
    create(cell, "compute1", reason="0")
    threads_max, rounds = 4, 10

    def count() -> None:
        for _ in range(rounds):
            while True:
                seen = find(cell, "compute1")[0]
                after = seen._replace(disabled_reason=str(int(seen.disabled_reason or "0") + 1))
                if cell.write(lambda rows, s=seen, a=after: rows.services.replace(s, a)):
                    break

    threads = [Thread(target=count) for _ in range(threads_max)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert find(cell)[0].disabled_reason == str(threads_max * rounds)


def test_an_exception_undoes_its_own_work_only(cell: Cell) -> None:
    kept = create(cell, "kept")

    def work(rows: CellRows) -> None:
        rows.services.create("undone", "nova-compute", NOW, None)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        cell.write(work)
    assert find(cell) == [kept]
