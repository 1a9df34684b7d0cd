"""Credits, waits and slots of watchdogs."""

from datetime import timedelta

import pytest

from hostdown.domain.watchdog import (
    BLOCK_BYTES,
    SLOT_BYTES,
    Mark,
    Renewal,
    SlotContent,
    forbids,
    mark_block,
    may_pet,
    renewal_block,
    slot_content,
    wait,
)

RENEWAL = Renewal("boot id", "process", 7)
MARK = Mark(3, "recovery")


@pytest.mark.parametrize(
    ("credits", "may"),
    [
        ([], False),
        ([98.0], False),
        ([98.001], True),
        ([100.0], True),
        ([100.001], False),
        ([1.0, 99.0], True),
        ([1.0, 2.0], False),
    ],
)
def test_only_a_credit_younger_than_c_lets_pet(credits: list[float], may: bool) -> None:
    assert may_pet(100.0, credits, 2.0) is may


@pytest.mark.parametrize(
    ("c", "w", "waited"), [(2, 2, 10.6), (2, 3, 13.6), (3, 4, 17.6), (5, 5, 22.6)]
)
def test_the_wait_is_that_of_the_rules(c: float, w: float, waited: float) -> None:
    assert wait(timedelta(seconds=c), timedelta(seconds=w)) == timedelta(seconds=waited)


def test_a_mark_forbids_its_boot_and_those_before_it() -> None:
    assert [forbids(MARK, boot) for boot in (2, 3, 4)] == [True, True, False]
    assert not forbids(None, 1)


def test_a_slot_says_what_was_written() -> None:
    assert slot_content(renewal_block(RENEWAL) + mark_block(MARK)) == SlotContent(RENEWAL, MARK)
    assert len(renewal_block(RENEWAL) + mark_block(MARK)) == SLOT_BYTES


@pytest.mark.parametrize("content", [b"", bytes(SLOT_BYTES), b"\n" * SLOT_BYTES, b"x" * 99])
def test_what_nobody_wrote_says_nothing(content: bytes) -> None:
    assert slot_content(content) == SlotContent(None, None)


def test_neither_block_is_taken_for_the_other() -> None:
    assert slot_content(mark_block(MARK) + renewal_block(RENEWAL)) == SlotContent(None, None)


def test_a_torn_write_is_the_old_one_the_new_one_or_none() -> None:
    """Cut anywhere, over a longer text of which a rest stays."""
    old = Renewal("an old boot id", "another process", 1234)
    before, after = renewal_block(old), renewal_block(RENEWAL)
    torn = [
        slot_content(after[:written] + before[written:]).renewal for written in range(BLOCK_BYTES)
    ]
    assert set(torn) == {old, None, RENEWAL}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        renewal_block(Renewal("x" * BLOCK_BYTES, "process", 1))
