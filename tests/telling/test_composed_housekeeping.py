"""What who tells does besides: it forgets, one of all servers, and writes the log back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from tests.stores import fast_directory
from tests.telling.test_composed_alarms import settings_of

from hostdown import compose
from hostdown.compose.notifier import NotifierParts, notifier
from hostdown.compose.parts import Job
from hostdown.config import Settings
from hostdown.domain.model import Caller, Change
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.storage import open_storage

LONG_AGO = datetime(2020, 1, 1)


@pytest.fixture
def state() -> Iterator[Path]:
    with fast_directory() as made:
        yield Path(made)


@contextmanager
def notifying(settings: Settings) -> Iterator[NotifierParts]:
    parts = notifier(settings, SharedCounts(1))
    try:
        yield parts
    finally:
        for deliverer in parts.deliverers.values():
            deliverer.close()
        parts.close()


def forgetting(parts: NotifierParts) -> list[Job]:
    return [job for job in parts.aside if job.name == "forget what is old"]


def test_what_is_old_is_forgotten_by_whoever_tells(state: Path) -> None:
    settings = settings_of(state)
    storage = open_storage(compose.database_settings(settings))
    (cell,) = storage.cells.all()
    change = Change(LONG_AGO, Caller("u", "u", None, (), "req-1"), "host.x", {}, {})
    try:
        cell.write(lambda rows: rows.journal.note(change, "a"))
        with notifying(settings) as parts:
            (forget,) = forgetting(parts)
            forget.run()
            assert cell.read(lambda rows: rows.journal.history("a", 9)) == [change]
            next(job for job in parts.jobs if job.name == compose.TELL).run()
            forget.run()
            assert cell.read(lambda rows: rows.journal.history("a", 9)) == []
    finally:
        storage.close()


def test_what_was_committed_is_brought_from_the_log_into_the_file(state: Path) -> None:
    settings = settings_of(state)
    with notifying(settings) as parts:
        job = next(job for job in parts.aside if job.name == "write logs back")
        change = Change(LONG_AGO, Caller("u", "u", None, (), "req-unlike"), "host.x", {}, {})
        storage = open_storage(compose.database_settings(settings))
        (cell,) = storage.cells.all()
        cell.write(lambda rows: rows.journal.note(change, "a"))
        file = state / "hostdown.sqlite"
        assert b"req-unlike" not in file.read_bytes()
        job.run()
        assert b"req-unlike" in file.read_bytes()
        storage.close()


def test_nobody_forgets_where_everything_is_kept(state: Path) -> None:
    with notifying(settings_of(state, "[retention]\ndays = 0\n")) as parts:
        assert forgetting(parts) == []
