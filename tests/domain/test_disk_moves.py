"""Whether a server's disk is where it goes."""

import pytest
from tests.domain.things import NOW

from hostdown.domain.assignment import Disk
from hostdown.domain.disk_moves import disk_at, last_user
from hostdown.domain.instance import RUN, Permit, PermitState


def permit(
    generation: int, state: PermitState, disk: Disk = Disk.KEEP, data_gen: int = 0
) -> Permit:
    host = f"h{generation}"
    facts = (RUN, (), disk.value, data_gen, state.value, None, NOW)
    return Permit(generation, "u", generation, host, host, 1, *facts)


MADE = permit(1, PermitState.CLAIMED, Disk.CREATE)
ASKED = permit(1, PermitState.GRANTED, Disk.CREATE)


@pytest.mark.parametrize(
    ("was", "there", "expected"),
    [
        ("x", "x", Disk.KEEP),
        ("x", "y", Disk.CREATE),
        ("", "y", Disk.KEEP),
        ("x", "", Disk.KEEP),
        ("", "", Disk.KEEP),
    ],
)
def test_a_disk_is_made_anew_only_where_two_pools_are_known_to_be_two(
    was: str, there: str, expected: Disk
) -> None:
    assert disk_at([MADE], was, there) == (expected, 1)


def test_the_last_user_is_the_last_that_told_of_its_claim() -> None:
    for later in (permit(2, PermitState.GRANTED), permit(2, PermitState.GRANTED, Disk.CREATE, 1)):
        assert last_user([MADE, later]) == MADE
    ran = permit(2, PermitState.CLAIMED)
    assert last_user([MADE, ran]) == ran
    assert disk_at([MADE, ran, permit(3, PermitState.GRANTED)], "x", "y") == (Disk.CREATE, 2)


def test_what_was_never_made_is_made_wherever_it_goes() -> None:
    again = permit(2, PermitState.GRANTED, Disk.CREATE, 0)
    for permits in ([ASKED], [ASKED, again]):
        assert last_user(permits) is None
        for pools in (("", ""), ("", "y"), ("x", "x")):
            assert disk_at(permits, *pools) == (Disk.CREATE, 0)


def test_of_a_disk_that_is_said_to_be_there_the_newest_holder_knows() -> None:
    kept = permit(2, PermitState.GRANTED)
    assert last_user([ASKED, kept]) == kept
    assert disk_at([ASKED, kept], "x", "x") == (Disk.KEEP, 0)


def test_a_server_that_no_host_was_ever_permitted_has_no_disk() -> None:
    assert last_user([]) is None
