"""Of dead letters the newest are kept, of each project and each receiver, on every database."""

from datetime import datetime, timedelta

import pytest
from tests.contracts.test_deliveries import add, delivery

from hostdown.domain.deliveries import Channel, Delivery, Ended, Verdict
from hostdown.services import dead_letter_bounds
from hostdown.services.delivery_ports import Which
from hostdown.services.directory_ports import Directory

NOW = datetime(2026, 3, 10, 12)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dead_letter_bounds,
        "MOST",
        {Channel.ALARM: 3, Channel.WEBHOOK: 5, Channel.BUS: 5},
    )
    monkeypatch.setattr(dead_letter_bounds, "BATCH_ROWS_MAX", 2)


def bury(directory: Directory, *made: Delivery) -> None:
    add(directory, *made)
    ended = [Ended(each, Verdict.REFUSED, "no") for each in made]
    directory.write(lambda rows: rows.dead_letters.bury(ended, NOW))


def dead(directory: Directory) -> set[str]:
    counted = directory.read(lambda rows: rows.dead_letters.counts_of_receivers())
    letters = directory.read(lambda rows: rows.dead_letters.list(Which(), 1000))
    assert sum(counted.values()) == len(letters)
    return {each.delivery.id for each in letters}


def alarms(project: str, origin: str, *numbers: int) -> list[Delivery]:
    to = f"{project} http://{origin}"
    return [delivery(f"{project}-{number}", to, Channel.ALARM) for number in numbers]


def test_of_one_project_s_alarms_the_newest_are_kept_wherever_they_call(
    directory: Directory,
) -> None:
    for number in range(10):
        bury(directory, *alarms("p", f"host{number % 4}", number))
    bury(directory, *alarms("p1", "host0", 1, 2), *alarms("o", "host0", 1, 2, 3))
    dead_letter_bounds.trim(directory)
    assert dead(directory) == {"p-7", "p-8", "p-9", "p1-1", "p1-2", "o-1", "o-2", "o-3"}


def test_of_an_operator_s_receiver_too(directory: Directory) -> None:
    bury(directory, *(delivery(f"a{number}") for number in range(8)))
    bury(directory, delivery("b", "pager2"), *alarms("pager", "x", 1))
    dead_letter_bounds.trim(directory)
    assert dead(directory) == {"a3", "a4", "a5", "a6", "a7", "b", "pager-1"}


def test_what_still_waits_stays(directory: Directory) -> None:
    add(directory, *(delivery(f"w{number}") for number in range(8)))
    bury(directory, *(delivery(f"d{number}") for number in range(6)))
    dead_letter_bounds.trim(directory)
    dead_letter_bounds.trim(directory)
    left = directory.read(lambda rows: rows.deliveries.after(Channel.WEBHOOK, 0, 100))
    assert len(left) == 8
    assert dead(directory) == {"d1", "d2", "d3", "d4", "d5"}
    directory.write(lambda rows: rows.dead_letters.drop_oldest(NOW + timedelta(days=1)))
    dead_letter_bounds.trim(directory)
    assert dead(directory) == set()
