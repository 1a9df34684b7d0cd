"""What may follow what in a move of a server: the whole table, against the contract's words."""

from itertools import product

import pytest
from tests.domain.things import migration

from hostdown.domain.migration import (
    ENDED,
    IN_PROGRESS,
    LIVE_IN_PROGRESS,
    NEXT,
    SETTLED,
    UNCLEARED,
    MigrationType,
    Status,
    moved,
)

IN_USE = {
    MigrationType.EVACUATION: "accepted pre-migrating done completed error failed",
    MigrationType.MIGRATION: (
        "pre-migrating migrating post-migrating finished confirming confirmed reverting reverted "
        "error"
    ),
    MigrationType.LIVE: (
        "accepted queued preparing running post-migrating completed cancelled error failed"
    ),
}
IN_USE[MigrationType.RESIZE] = IN_USE[MigrationType.MIGRATION]
"""Contract 4.8: the statuses of each type."""

IN_PROGRESS_WORDS = (
    "accepted queued preparing running pre-migrating migrating post-migrating finished confirming "
    "reverting"
)
"""Contract 2.8."""

EVACUATION = {
    "accepted": "pre-migrating error failed",
    "pre-migrating": "done error failed",
    "done": "completed",
}
"""Contract 5.3, without what its edge 10.1.6 does away with."""

EVERY = list(product(MigrationType, Status, Status))


def leads_to(kind: MigrationType, status: Status) -> frozenset[Status]:
    return NEXT[kind].get(status, frozenset())


@pytest.mark.parametrize(("kind", "seen", "after"), EVERY)
def test_a_state_follows_another_only_where_the_table_says_so(
    kind: MigrationType, seen: Status, after: Status
) -> None:
    before = migration(type=kind, status=seen)
    if after in leads_to(kind, seen):
        assert moved(before, after) == before._replace(status=after)
        return
    with pytest.raises(ValueError, match=f"a {kind} cannot go from {seen} to {after}"):
        moved(before, after)


@pytest.mark.parametrize("kind", MigrationType)
def test_each_type_has_the_states_of_the_contract(kind: MigrationType) -> None:
    table = NEXT[kind]
    used = set(table).union(*table.values())
    assert used == set(map(Status, IN_USE[kind].split()))
    # What nothing follows has ended, and all that is in progress goes on.
    assert used - set(table) == used & (ENDED - {Status.DONE})


def test_an_evacuation_goes_the_contracts_ways() -> None:
    told = {each.value: {to.value for to in after}
            for each, after in NEXT[MigrationType.EVACUATION].items()}  # fmt: skip
    assert told == {status: set(after.split()) for status, after in EVACUATION.items()}


def test_completed_is_final_and_done_comes_from_pre_migrating_alone() -> None:
    """However late a destination is: what its source has cleared up stays so (10.1, edge 6)."""
    for kind in MigrationType:
        assert leads_to(kind, Status.COMPLETED) == frozenset()
    ways = {(kind, seen) for kind, seen, to in EVERY if to == "done" and to in leads_to(kind, seen)}
    assert ways == {(MigrationType.EVACUATION, Status.PRE_MIGRATING)}


@pytest.mark.parametrize("kind", MigrationType)
def test_nothing_comes_back_to_where_it_was(kind: MigrationType) -> None:
    for start in NEXT[kind]:
        reached, ahead = set[Status](), set(leads_to(kind, start))
        while ahead:
            reached |= ahead
            ahead = set[Status]().union(*(leads_to(kind, each) for each in ahead)) - reached
        assert start not in reached
        assert reached & ENDED


@pytest.mark.parametrize("status", Status)
def test_a_state_is_in_progress_or_has_ended(status: Status) -> None:
    in_progress = status.value in IN_PROGRESS_WORDS.split()
    assert (status in IN_PROGRESS, status in ENDED) == (in_progress, not in_progress)
    assert migration(status=status).open is in_progress


def test_what_ended_does_not_begin_again() -> None:
    for kind, seen in product(MigrationType, ENDED):
        assert leads_to(kind, seen) <= ENDED


def test_what_shows_as_live_and_what_a_source_has_to_clear() -> None:
    assert set(LIVE_IN_PROGRESS) == {"queued", "preparing", "running", "post-migrating"}
    assert LIVE_IN_PROGRESS < IN_PROGRESS
    assert set(UNCLEARED) == {"accepted", "pre-migrating", "done"}
    assert set(SETTLED) == {each.value for each in Status if each in ENDED} - {"done"}
    assert not any(nexts.get(status) for nexts in NEXT.values() for status in SETTLED)
