"""What the next permit says, by all that there were (NEVER-TWICE P2, P3)."""

from tests.domain.things import NOW

from hostdown.domain.assignment import Disk, Holder
from hostdown.domain.assignment_forms import OVER_MAX
from hostdown.domain.instance import RUN, Ended, Permit
from hostdown.domain.permits import (
    VOID,
    awaited,
    data_generation,
    disk_of,
    doubtful,
    held,
    holders,
    next_generation,
)


def permit(generation: int, claimed: bool = False, ended: bool = True) -> Permit:
    why = Ended("word", "ann", NOW, claimed) if ended else None
    state = "ended" if ended else "claimed" if claimed else "granted"
    return Permit(generation, "u", generation, "h", "host", 1, RUN, (), "keep", 0, state, why, NOW)


def test_a_permit_is_held_until_it_is_ended() -> None:
    assert held([permit(1), permit(2, ended=False)]) == permit(2, ended=False)
    assert held([permit(1), permit(2, ended=False)._replace(kind="incoming")]) is None
    assert held([permit(1)]) is None


def test_a_host_waits_for_a_guest_until_its_permit_is_ended() -> None:
    waits = permit(2, ended=False)._replace(kind="incoming")
    assert awaited([permit(1, ended=False), waits]) == waits
    assert awaited([permit(1, ended=False), permit(2)._replace(kind="incoming")]) is None
    assert holders([permit(1, claimed=True, ended=False), waits])[-1] == waits.holder


def test_who_is_proven_dead_by_nothing_has_it_until_a_later_claim_is_told() -> None:
    void = permit(1, claimed=True)._replace(ended=Ended(VOID, "7", NOW, True))
    unclaimed = permit(2)._replace(ended=Ended(VOID, "8", NOW))
    assert doubtful([void, permit(2)]) == void
    assert doubtful([void, unclaimed, permit(3, ended=False)]) == unclaimed
    assert doubtful([void, permit(2, claimed=True)]) is None
    assert doubtful([permit(1), permit(2, ended=False)]) is None


def test_whoever_may_have_the_disk_since_the_last_confirmed_claim_is_named() -> None:
    known = [permit(1, claimed=True), permit(2), permit(3, claimed=True), permit(4), permit(5)]
    assert holders(known) == tuple(Holder(n, "h", 1) for n in (3, 4, 5))
    assert holders([permit(1, claimed=True, ended=False)]) == (Holder(1, "h", 1),)
    assert holders([permit(1), permit(2, ended=False)]) == (Holder(1, "h", 1), Holder(2, "h", 1))
    assert holders([]) == ()


def test_of_too_many_the_last_confirmed_and_the_newest_are_named() -> None:
    known = [permit(1, claimed=True), *map(permit, range(2, OVER_MAX + 10))]
    found = [each.generation for each in holders(known)]
    assert len(found) == OVER_MAX
    assert (found[0], found[1], found[-1]) == (1, 11, OVER_MAX + 9)


def test_the_last_generation_that_ran_is_the_last_that_was_confirmed() -> None:
    assert data_generation([permit(1, claimed=True), permit(2)]) == 1
    assert data_generation([permit(1)]) == 0


def test_no_number_is_used_twice() -> None:
    assert next_generation([]) == 1
    assert next_generation([permit(1), permit(4)]) == 5
    assert next_generation([permit(1)], seen=7) == 8


def test_what_has_run_is_never_made_anew() -> None:
    made = permit(1)._replace(disk="create")
    assert disk_of(made) == (Disk.CREATE, 0)
    assert disk_of(permit(3, claimed=True, ended=False)._replace(disk="create")) == (Disk.KEEP, 3)
