"""Checks of fencing, and what is told of them."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.fence_checks import AGAIN, FenceCheck, LevelSeen, Tell, checked, due_at

AT = datetime(2026, 3, 1, 12)
HOUR = timedelta(hours=1)
GOOD = LevelSeen(1, "redfish", "on", None)
BAD = LevelSeen(1, "redfish", None, "It does not answer.")
NONE = LevelSeen(2, "none", None, "nothing can fence it")
NO_RULE = "No rule matches."


def run(*levels: LevelSeen | str) -> list[tuple[FenceCheck, Tell | None]]:
    """One check after another, an hour apart; a text is why not even levels are known."""
    found: list[tuple[FenceCheck, Tell | None]] = []
    before = None
    for number, each in enumerate(levels):
        seen, problem = ((), each) if isinstance(each, str) else ((each,), None)
        made = checked(before, "a", seen, problem, AT + number * HOUR)
        before = made[0]
        found.append(made)
    return found


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ((GOOD, GOOD), [None, None]),
        ((BAD, GOOD, BAD, GOOD), [None, None, None, None]),
        ((BAD, BAD, BAD), [None, Tell.BROKEN, None]),
        ((GOOD, BAD, NO_RULE), [None, None, Tell.BROKEN]),
        ((BAD, BAD, GOOD, GOOD), [None, Tell.BROKEN, Tell.WORKS, None]),
        ((BAD, BAD, GOOD, BAD, BAD), [None, Tell.BROKEN, Tell.WORKS, None, Tell.BROKEN]),
        ((NONE, NONE), [None, None]),
    ],
)
def test_what_fails_twice_in_a_row_is_told_once_and_that_it_works_again(
    levels: tuple[LevelSeen | str, ...], told: list[Tell | None]
) -> None:
    assert [tell for _, tell in run(*levels)] == told


def test_since_when_it_fails_and_why() -> None:
    first, second, third = (check for check, _ in run(BAD, NO_RULE, GOOD))
    assert (first.failing_since, first.is_broken) == (AT, False)
    assert (second.failing_since, second.is_broken) == (AT, True)
    assert (third.failing_since, third.is_broken, third.problems) == (None, False, [])
    assert first.problems == ["Level 1 (redfish): It does not answer."]
    assert second.problems == [NO_RULE]


def test_the_first_failure_is_looked_at_again_soon() -> None:
    first, second = (check for check, _ in run(BAD, BAD))
    good = run(GOOD)[0][0]
    assert due_at(good, HOUR) == AT + HOUR
    assert due_at(first, HOUR) == AT + AGAIN
    assert due_at(first, timedelta(seconds=5)) == AT + timedelta(seconds=5)
    assert due_at(second, HOUR) == AT + HOUR + HOUR
