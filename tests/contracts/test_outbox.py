"""What nobody takes from an outbox does not stay for ever, on every database."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select
from tests.contracts.databases import run

from hostdown.domain.deliveries import DIRECTORY, Channel, Delivery, Ended, Event, Verdict
from hostdown.services import outbox as use_case
from hostdown.services.delivery_ports import Which
from hostdown.services.outbox_ports import Depth, Outbox
from hostdown.storage import DatabaseSettings, Storage
from hostdown.storage.cell_tables import outbox
from hostdown.storage.delivery_tables import directory_outbox
from hostdown.storage.types import written

NOW = datetime(2026, 3, 10, 12)
OLD = NOW - timedelta(days=8)
Work = Callable[[Outbox], int]


@pytest.fixture(params=["cell", "directory"])
def which(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fill(settings: DatabaseSettings, which: str, *ages: datetime) -> None:
    of_cell = which == "cell"
    table = outbox if of_cell else directory_outbox
    who = {"host" if of_cell else "subject": "h"}
    rows = [
        {
            "created_at": written(at),
            "event_type": "e",
            "payload": "{}",
            "request_id": "r",
            "uuid": "u",
        }
        | who
        for at in ages
    ]
    run(settings.cell_url if of_cell else settings.directory_url, insert(table).values(rows))


def left(settings: DatabaseSettings, which: str) -> list[str]:
    of_cell = which == "cell"
    table = outbox if of_cell else directory_outbox
    url = settings.cell_url if of_cell else settings.directory_url
    return [str(at) for (at,) in run(url, select(table.c.created_at).order_by(table.c.id))]


def write(store: Storage, which: str, work: Work) -> int:
    if which == "directory":
        return store.directory.write(lambda rows: work(rows.outbox))
    return store.cells.all()[0].write(lambda rows: work(rows.outbox))


def drop(store: Storage, which: str, rows_max: int, batch: int = 100) -> int:
    return write(store, which, lambda box: box.drop_oldest(NOW - timedelta(7), rows_max, batch))


def test_rows_that_are_too_old_go_and_the_others_stay(
    store: Storage, settings: DatabaseSettings, which: str
) -> None:
    assert drop(store, which, 10) == 0
    fill(settings, which, OLD, OLD, NOW)
    assert drop(store, which, 10) == 2
    assert left(settings, which) == [written(NOW)]
    assert drop(store, which, 10) == 0


def test_the_oldest_go_where_there_are_too_many(
    store: Storage, settings: DatabaseSettings, which: str
) -> None:
    ages = [NOW + timedelta(seconds=number) for number in range(5)]
    fill(settings, which, *ages)
    assert drop(store, which, 3) == 2
    assert left(settings, which) == [written(at) for at in ages[2:]]


def test_what_happened_is_read_in_its_order_and_goes_once_it_was_taken(
    store: Storage, settings: DatabaseSettings, which: str
) -> None:
    fill(settings, which, OLD, NOW, NOW)
    source = DIRECTORY if which == "directory" else store.cells.all()[0].name
    read: list[Event] = []

    def look(box: Outbox) -> int:
        read[:] = box.oldest(2)
        return len(read)

    assert write(store, which, look) == 2
    first = read[0]
    assert first == Event(first.number, "u", source, OLD, "h", "e", {}, "r")
    assert [each.at for each in read] == [OLD, NOW]

    def drop_them(box: Outbox) -> int:
        box.drop([each.number for each in read])
        return len(box.oldest(10))

    assert write(store, which, drop_them) == 1


def test_a_transaction_drops_no_more_than_a_batch(
    store: Storage, settings: DatabaseSettings, which: str
) -> None:
    fill(settings, which, *[OLD] * 5)
    assert [drop(store, which, 10, batch=2) for _ in range(4)] == [2, 2, 1, 0]


def test_what_is_dropped_is_told_and_all_of_it_goes(
    store: Storage,
    settings: DatabaseSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    many = use_case.BATCH_ROWS_MAX + 1
    fill(settings, "directory", OLD, NOW)
    fill(settings, "cell", *[OLD] * many, NOW)
    with caplog.at_level(logging.WARNING):
        use_case.look_after(store.directory, store.cells, NOW)
        use_case.look_after(store.directory, store.cells, NOW)
    assert [record.getMessage().partition(" were")[0] for record in caplog.records] == [
        "1 rows of the outbox of the directory",
        f"{many} rows of the outbox of cell cell1",
    ]
    assert left(settings, "cell") == left(settings, "directory") == [written(NOW)]


def test_what_nobody_delivers_is_a_dead_letter_one_day_and_then_goes(
    store: Storage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that was switched off has nobody who would give up what waits there."""
    monkeypatch.setattr(use_case, "GIVEN_UP_MAX", 2)
    directory = store.directory

    def add(name: str, channel: Channel, days: float) -> None:
        at = NOW - timedelta(days)
        made = Delivery(0, name, channel, "r", "h", 1, "", b"{}", at)
        directory.write(lambda rows: rows.deliveries.add([made]))

    for number in range(3):
        add(f"bus{number}", Channel.BUS, 2.5)
    add("pager", Channel.WEBHOOK, 2.1)
    add("alarm", Channel.ALARM, 1.9)
    said = Ended(
        Delivery(0, "pager", Channel.WEBHOOK, "r", "h", 1, "", b"{}", NOW),
        Verdict.FAILED,
        "It answered 503.",
    )
    directory.write(lambda rows: rows.deliveries.failed([said]))

    with caplog.at_level(logging.WARNING):
        use_case.look_after(directory, store.cells, NOW)
    assert [each.partition(" had")[0] for each in caplog.messages] == [
        "1 deliveries by webhook",
        "3 deliveries by bus",
    ]
    dead = directory.read(lambda rows: rows.dead_letters.list(Which(), 9))
    untried = use_case.UNTRIED
    assert {each.delivery.id: each.delivery.failure for each in dead} == {
        "bus0": untried, "bus1": untried, "bus2": untried, "pager": "It answered 503.",
    }  # fmt: skip
    (left,) = directory.read(lambda rows: rows.deliveries.waiting())
    assert (left.channel, left.waiting) == (Channel.ALARM, 1)
    later = NOW + use_case.DEAD_LETTER_LIFETIME + timedelta(seconds=1)
    use_case.look_after(directory, store.cells, later)
    (last,) = directory.read(lambda rows: rows.dead_letters.list(Which(), 9))
    assert last.delivery.id == "alarm"


def test_it_is_known_how_much_waits_and_since_when(
    store: Storage, settings: DatabaseSettings, which: str
) -> None:
    def depth() -> Depth:
        if which == "directory":
            return store.directory.read(lambda rows: rows.outbox.depth())
        return store.cells.all()[0].read(lambda rows: rows.outbox.depth())

    assert depth() == (0, None)
    fill(settings, which, NOW, OLD, NOW)
    assert depth() == (3, OLD)
