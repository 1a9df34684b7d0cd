"""An older boot that lives beside a newer one, and what only looks like it."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.boots import (
    LAST_WORDS,
    Boot,
    Moment,
    after_boot,
    after_session,
    outlived,
    to_remember,
)
from hostdown.domain.model import HostRecord

NOW = datetime(2026, 11, 20, 12, 0, 0)
SECOND = timedelta(seconds=1)
SEEN = HostRecord("id", "a", "c", b"", "m", "boot 2", 2, 5, "1", NOW - 9 * SECOND, None)
AFTER = SEEN._replace(boot_id="boot 3", boot=3, session=6)
BOOTS = [
    Boot(2, "boot 2", 3, NOW - 60 * SECOND),
    Boot(3, "boot 3", 6, NOW),
    Boot(4, "boot 4", 9, NOW + 60 * SECOND),
]
AT_ONCE = Moment(NOW, NOW)


def test_each_boot_is_remembered_once() -> None:
    known = [Boot(2, "boot 2", 3, NOW)]
    assert to_remember(known, SEEN, AFTER, AT_ONCE) == [Boot(3, "boot 3", 6, NOW)]
    assert to_remember(known, SEEN, SEEN._replace(session=6), AT_ONCE) == []


def test_a_first_boot_has_none_before_it() -> None:
    first = SEEN._replace(boot_id="", boot=0)
    after = first._replace(boot_id="boot 1", boot=1, session=1)
    assert to_remember([], first, after, AT_ONCE) == [Boot(1, "boot 1", 1, NOW)]


def test_a_boot_that_nobody_remembered_is_remembered_with_the_next_one() -> None:
    """It is older than the program that remembers: none of its sessions is of a boot before."""
    older = Boot(2, "boot 2", 0, SEEN.enrolled_at)
    found = to_remember([], SEEN, AFTER, AT_ONCE)
    assert found == [older, Boot(3, "boot 3", 6, NOW)]
    assert after_session(found, 1) == found[1]


@pytest.mark.parametrize(
    "moment", [Moment(NOW, NOW - 3 * SECOND), Moment(NOW - 3 * SECOND, NOW)], ids=["ahead", "late"]
)
def test_a_boot_begins_when_its_request_says_or_when_it_arrives_whichever_is_later(
    moment: Moment,
) -> None:
    assert to_remember([], SEEN, AFTER, moment)[-1].began_at == NOW


@pytest.mark.parametrize(
    ("session", "newer"), [(1, 2), (2, 2), (3, 3), (5, 3), (6, 4), (8, 4), (9, None), (11, None)]
)
def test_a_session_is_of_the_boot_that_began_last_before_it(
    session: int, newer: int | None
) -> None:
    found = after_session(BOOTS, session)
    assert (found.number if found else None) == newer


@pytest.mark.parametrize(
    ("boot_id", "newer"), [("boot 2", 3), ("boot 3", 4), ("boot 4", None), ("boot 5", None)]
)
def test_a_boot_is_known_by_its_id(boot_id: str, newer: int | None) -> None:
    found = after_boot(BOOTS, boot_id)
    assert (found.number if found else None) == newer


@pytest.mark.parametrize(
    ("sent_s", "heard_s", "lives"),
    [
        (1.0, 1.0, False),
        (1.001, 1.001, True),
        (-5.0, 20.0, False),
        (20.0, 0.5, False),
        (20.0, 1.5, True),
    ],
    ids=["within", "beyond", "late", "clock ahead", "clock ahead, and beyond"],
)
def test_what_is_sent_after_a_newer_boot_began_shows_that_the_older_one_lives(
    sent_s: float, heard_s: float, lives: bool
) -> None:
    moment = Moment(NOW + timedelta(seconds=sent_s), NOW + timedelta(seconds=heard_s))
    assert timedelta(seconds=1) == LAST_WORDS
    assert outlived(BOOTS[1], moment) is lives
