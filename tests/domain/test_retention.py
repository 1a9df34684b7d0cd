"""When nobody can have anything of a deleted server any more (NEVER-TWICE P2, D3, W3)."""

from datetime import timedelta

import pytest
from tests.domain.test_permits import permit
from tests.domain.things import NOW

from hostdown.domain.boots import Boot
from hostdown.domain.instance import Ended, Permit
from hostdown.domain.permits import HANDOVER, PROOF, SURRENDER, VOID
from hostdown.domain.retention import Past, is_over

DAY = timedelta(days=1)
BEFORE = NOW - 90 * DAY
UP_SINCE = Past([Boot(1, "one", 1, BEFORE - 9 * DAY)], is_deleted=False)
STARTED_ANEW = Past([*UP_SINCE.boots, Boot(2, "two", 2, BEFORE - DAY)], is_deleted=False)
DONE_AWAY_WITH = UP_SINCE._replace(is_deleted=True)
WORD, FOUND = "word", "found"


def ended(kind: str) -> Permit:
    """A permit of the first boot."""
    return permit(1)._replace(ended=Ended(kind, "somebody", NOW))


@pytest.mark.parametrize("past", [None, UP_SINCE, STARTED_ANEW, DONE_AWAY_WITH])
def test_one_that_is_not_ended_stays(past: Past | None) -> None:
    assert not is_over(permit(1, ended=False), past, BEFORE)


@pytest.mark.parametrize("kind", [SURRENDER, HANDOVER])
def test_one_that_its_host_gave_up_goes_whatever_is_known_of_the_host(kind: str) -> None:
    assert is_over(ended(kind), None, BEFORE)


@pytest.mark.parametrize("kind", [PROOF, WORD, FOUND])
def test_one_that_somebody_else_ended_stays_until_its_host_was_started_anew(kind: str) -> None:
    assert not is_over(ended(kind), None, BEFORE)
    assert not is_over(ended(kind), UP_SINCE, BEFORE)
    assert is_over(ended(kind), STARTED_ANEW, BEFORE)


def test_a_host_that_was_started_anew_has_had_the_time_to_be_told() -> None:
    lately = Past([*UP_SINCE.boots, Boot(2, "two", 2, BEFORE)], is_deleted=False)
    assert not is_over(ended(WORD), lately, BEFORE)


def test_the_boot_itself_and_older_ones_say_nothing() -> None:
    assert not is_over(ended(WORD)._replace(boot=2), STARTED_ANEW, BEFORE)


def test_of_a_host_that_was_done_away_with_a_proof_is_enough_and_a_word_is_not() -> None:
    assert is_over(ended(PROOF), DONE_AWAY_WITH, BEFORE)
    assert not is_over(ended(WORD), DONE_AWAY_WITH, BEFORE)
    assert not is_over(ended(FOUND), DONE_AWAY_WITH, BEFORE)


@pytest.mark.parametrize("past", [STARTED_ANEW, DONE_AWAY_WITH])
def test_one_whose_proof_is_void_stays(past: Past) -> None:
    assert not is_over(ended(VOID), past, BEFORE)
