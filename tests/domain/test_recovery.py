"""The states of a recovery, the storm gate, and what is next on a level of fencing."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.recovery import (
    LEVEL_MAX,
    NEXT,
    OVER,
    SEND_EVERY,
    SETTLED_AFTER,
    Attempts,
    Do,
    Event,
    Fleet,
    Sent,
    Stage,
    gate,
    next_step,
    settled,
)

NOW = datetime(2026, 3, 1, 12)
PROVEN = {Stage.FENCED, Stage.EVACUATING, Stage.DONE, Stage.RETURNED, Stage.VOID}


def test_servers_are_moved_only_by_proof() -> None:
    assert {stage for (_, event), stage in NEXT.items() if event is Event.PROOF} == {Stage.FENCED}
    words = {key for key in NEXT if key[1] is Event.WORD}
    into = PROVEN - {Stage.FENCED}
    ways = {key[0] for key, after in NEXT.items() if after in into and key not in words}
    assert ways <= PROVEN


def test_life_takes_back_what_was_not_committed_and_nothing_else() -> None:
    takes_back = {before for (before, event) in NEXT if event is Event.LIFE}
    assert takes_back == {Stage.HOLDING_OFF, Stage.HELD}


def test_life_of_what_was_proven_ends_it_at_every_stage_after_the_proof() -> None:
    for stage in (Stage.FENCED, Stage.EVACUATING, Stage.DONE):
        assert NEXT[stage, Event.LIFE_OF_PROVEN] is Stage.VOID


def test_whatever_its_stage_a_recovery_is_over_once_its_host_is_gone() -> None:
    assert {before for (before, event) in NEXT if event is Event.GONE} == set(Stage) - OVER
    assert {after for (_, event), after in NEXT.items() if event is Event.GONE} <= OVER


def test_nothing_follows_what_is_over_and_all_else_may_end() -> None:
    assert not OVER & {stage for stage, _ in NEXT}
    reached, edge = set(OVER), set(OVER)
    while edge:
        edge = {before for (before, _), after in NEXT.items() if after in edge} - reached
        reached |= edge
    assert reached == set(Stage)


def fleet(hosts: int, domain: int, heard: int | None = None) -> Fleet:
    return Fleet(hosts, hosts, hosts - 1 if heard is None else heard, "rack1", domain)


@pytest.mark.parametrize(
    ("seen", "attempts", "opens"),
    [
        (fleet(3, 3), Attempts(0, 0), True),
        (fleet(3, 3), Attempts(1, 1), False),
        (fleet(3, 1), Attempts(1, 0), True),
        (fleet(3, 1), Attempts(2, 0), False),
        (fleet(200, 40), Attempts(9, 9), True),
        (fleet(200, 40), Attempts(10, 10), False),
        (fleet(200, 40), Attempts(19, 0), True),
        (fleet(200, 40), Attempts(20, 0), False),
        (fleet(4, 4, heard=2), Attempts(0, 0), True),
        (fleet(4, 4, heard=1), Attempts(0, 0), False),
        (Fleet(4, 2, 1, "rack1", 4), Attempts(0, 0), True),
    ],
)
def test_a_few_hosts_are_fenced_and_a_storm_is_not(
    seen: Fleet, attempts: Attempts, opens: bool
) -> None:
    why = gate(seen, attempts)
    assert (why is None) is opens
    assert why is None or why.endswith(".")


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 300))
def test_never_more_than_a_fourth_of_a_domain_or_a_tenth_of_all(
    hosts: int, domain: int, before: int, of_domain: int
) -> None:
    seen = fleet(hosts, min(domain, hosts), hosts)
    if gate(seen, Attempts(before, min(of_domain, before))) is None:
        assert min(of_domain, before) + 1 <= max(1, seen.domain_hosts / 4)
        assert before + 1 <= max(2, hosts / 10)


def test_a_level_cuts_looks_cuts_again_and_gives_up() -> None:
    assert next_step(Sent(NOW, None), NOW) is Do.CUT
    sent = Sent(NOW, NOW)
    assert next_step(sent, NOW + timedelta(seconds=1)) is Do.LOOK
    assert next_step(sent, NOW + SEND_EVERY) is Do.CUT
    assert next_step(sent, NOW + LEVEL_MAX) is Do.NEXT_LEVEL


def test_what_was_sent_settles_after_a_minute() -> None:
    assert settled(None, NOW)
    assert not settled(NOW, NOW + SETTLED_AFTER - timedelta(seconds=1))
    assert settled(NOW, NOW + SETTLED_AFTER)
