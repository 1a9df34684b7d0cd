"""What is said of a move that loses a disk, or that only a word protects."""

import pytest

from hostdown.domain.cautions import disk_lost, priority_unread, word_caution
from hostdown.domain.pools import PoolClass


def test_a_word_that_locks_stand_behind_needs_no_caution() -> None:
    assert word_caution("ann (req-1)", "a", PoolClass.LOCKS, shared=True) is None


@pytest.mark.parametrize(
    ("pool_class", "shared", "case"),
    [
        (PoolClass.NOLOCK, True, "the locks of its pool keep nobody out"),
        (PoolClass.REPLAY, True, "(X2)"),
        (PoolClass.REPLAY, False, "(X4)"),
        ("", True, "nobody knows what the locks of its pool are worth"),
        (PoolClass.LOCAL, True, "(X4)"),
        (PoolClass.LOCAL, False, "(X4)"),
        (PoolClass.LOCKS, False, "no lock reaches its disk"),
        ("", False, "(X4)"),
    ],
)
def test_who_said_it_of_whom_and_what_may_happen_is_told(
    pool_class: str, shared: bool, case: str
) -> None:
    said = word_caution("ann (req-1)", "a", pool_class, shared)
    assert said is not None
    assert said.startswith("Only the word of ann (req-1) says that host a is dead")
    assert case in said


def test_a_lost_disk_is_named_by_its_host() -> None:
    assert "that of host a: it is made anew, and what was on the old one is lost" in disk_lost("a")


def test_a_priority_that_was_not_understood_is_named_by_its_key() -> None:
    assert priority_unread("HA_Priority").startswith("Its metadata HA_Priority is no integer")
