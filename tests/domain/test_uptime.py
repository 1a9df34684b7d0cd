"""How long a host has been running, in words that clients can take apart."""

import re
from datetime import datetime, timedelta

import pytest

from hostdown.domain.uptime import uptime

NOW = datetime(2026, 3, 1, 8, 32, 11, 999999)
# What python-openstackclient looks for.
CLIENTS = re.compile(r"\s*(.+)\sup\s+(.+),\s+(.+)\susers?,\s+load average:\s(.+)")


@pytest.mark.parametrize(
    ("ran", "words"),
    [
        (timedelta(), "0 min"),
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=12, seconds=59), "12 min"),
        (timedelta(minutes=60), " 1:00"),
        (timedelta(hours=2, minutes=33), " 2:33"),
        (timedelta(hours=23, minutes=59, seconds=59), "23:59"),
        (timedelta(days=1), "1 day, 0 min"),
        (timedelta(days=1, hours=2, minutes=3), "1 day,  2:03"),
        (timedelta(days=93, hours=18, minutes=25), "93 days, 18:25"),
        (timedelta(seconds=-1), "0 min"),
        (timedelta(days=-1000), "0 min"),
    ],
)
def test_it_says_how_long_in_the_words_of_uptime(ran: timedelta, words: str) -> None:
    said = uptime(NOW - ran, NOW)
    assert said == f" 08:32:11 up {words},  - users,  load average: -, -, -"
    found = CLIENTS.match(said)
    assert found is not None
    assert found.groups() == ("08:32:11", words.strip(), "-", "-, -, -")


def test_no_moment_is_too_far() -> None:
    for booted_at in (datetime.min, datetime.max):
        for now in (datetime.min, datetime.max):
            assert " up " in uptime(booted_at, now)
