"""Who has the disk, who may take it, and whose guest dies (NEVER-TWICE L1-L4, W1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.assignment import Disk, Holder
from hostdown.domain.lease import (
    CHAIN_MAX,
    Arrival,
    ChainBroken,
    Claimable,
    Lease,
    Mine,
    Permit,
    Reason,
    Refusal,
    Watch,
    arrival,
    end_of_chain,
    makes_disk,
    may_claim,
    watch,
)
from hostdown.domain.lease_text import Bulletin, Claim, LeaseState

G1, G2, G3 = Holder(1, "s", 1), Holder(2, "d", 4), Holder(3, "e", 2)
HELD, FREE, MOVING, DELETED = LeaseState


def claims(*holders: Holder) -> dict[int, Claim]:
    """A chain: each follows the one before it."""
    after = 0
    found = {}
    for holder in holders:
        found[after] = Claim("i", holder, "boot-id", "nonce")
        after = holder.generation
    return found


def lease(holder: Holder, state: LeaseState = HELD, data_gen: int = 0) -> Lease:
    return Lease(holder, state, None, data_gen, current=True)


def permit(holder: Holder, *over: Holder, disk: Disk = Disk.KEEP, data_gen: int = 0) -> Permit:
    return Permit(holder, over, disk, data_gen)


def test_where_nobody_ever_claimed_there_is_no_lease() -> None:
    assert end_of_chain([None, None], claims().get) is None


def test_a_claim_without_a_bulletin_holds() -> None:
    found = end_of_chain([None, None], claims(G1, G2).get)
    assert found == Lease(G2, HELD, None, 0, current=False)


def test_a_bulletin_tells_what_its_holder_says() -> None:
    moving = Bulletin(2, G1, MOVING, G2, 1)
    found = end_of_chain([Bulletin(1, G1, HELD, None, 0), moving], claims(G1).get)
    assert found == Lease(G1, MOVING, G2, 1, current=True)


def test_claims_before_the_bulletin_may_have_been_purged() -> None:
    chain = {2: Claim("i", G3, "b", "n")}
    found = end_of_chain([Bulletin(8, G2, FREE, None, 2), None], chain.get)
    assert found == Lease(G3, HELD, None, 2, current=False)


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("counter", [1, 2, 3, 9])
def test_a_late_free_of_an_older_holder_hides_nobody(slot: int, counter: int) -> None:
    """RACES 54: S stalls before it writes `free`; D has claimed and written by then."""
    slots = [Bulletin(2, G2, HELD, None, 2), Bulletin(1, G1, HELD, None, 1)]
    slots[slot] = Bulletin(counter, G1, FREE, None, 1)
    found = end_of_chain(slots, claims(G1, G2).get)
    assert found is not None
    assert (found.holder, found.state) == (G2, HELD)
    assert found.current == (slot == 1 and counter == 1)


@given(st.lists(st.sampled_from([G1, G2, G3]), max_size=8), st.lists(st.booleans(), min_size=8))
def test_whatever_older_holders_write_late_the_chain_decides(
    writers: list[Holder], slots: list[bool]
) -> None:
    content: list[Bulletin | None] = [None, None]
    for counter, (holder, slot) in enumerate(zip(writers, slots, strict=False), start=1):
        state = HELD if holder == G3 else FREE
        content[slot] = Bulletin(counter, holder, state, None, holder.generation)
    found = end_of_chain(content, claims(G1, G2, G3).get)
    assert found is not None
    assert (found.holder, found.state) == (G3, HELD)


def test_claims_that_do_not_follow_each_other_are_not_a_lease() -> None:
    with pytest.raises(ChainBroken, match="generation 1 claims to follow 1"):
        end_of_chain([Bulletin(1, G1, HELD, None, 0), None], {1: Claim("i", G1, "b", "n")}.get)
    endless = claims(*(Holder(generation, "h", 1) for generation in range(1, CHAIN_MAX + 2)))
    with pytest.raises(ChainBroken, match="more than 10000 claims"):
        end_of_chain([None, None], endless.get)


def test_only_a_permit_that_creates_the_server_makes_the_first_claim() -> None:
    assert may_claim(permit(G1, disk=Disk.CREATE), None) == Claimable(0, freed=True)
    assert may_claim(permit(G1), None) == Refusal(Reason.ABSENT, None)


def test_who_has_it_needs_no_second_claim() -> None:
    for state in (HELD, FREE, MOVING):
        assert may_claim(permit(G1), lease(G1, state)) == Mine(lease(G1, state))


@pytest.mark.parametrize(
    ("mine", "found", "reason"),
    [
        (permit(G1, G2), lease(G2), Reason.NEWER),
        (permit(G1, G2), lease(G2, FREE), Reason.NEWER),
        (permit(G2, G2._replace(host="x")), lease(G2._replace(host="x")), Reason.OTHER),
        (permit(G2), lease(G2._replace(boot=5), FREE), Reason.OTHER),
        (permit(G3), lease(G1), Reason.NOT_NAMED),
        (permit(G3, G2), lease(G1), Reason.NOT_NAMED),
        (permit(G3, G1._replace(boot=2)), lease(G1), Reason.NOT_NAMED),
        (permit(G3, G1._replace(host="x")), lease(G1, MOVING), Reason.NOT_NAMED),
        (permit(G3, G1), lease(G1, DELETED), Reason.DELETED),
        (permit(G1), lease(G1, DELETED), Reason.DELETED),
        (permit(G3, G1, data_gen=2), lease(G1, data_gen=1), Reason.OLDER_DATA),
        (permit(G3, data_gen=2), lease(G1, FREE, data_gen=1), Reason.OLDER_DATA),
    ],
)
def test_a_claim_is_refused_with_the_reason_and_who_has_it(
    mine: Permit, found: Lease, reason: Reason
) -> None:
    assert may_claim(mine, found) == Refusal(reason, found.holder)


@pytest.mark.parametrize(
    ("mine", "found", "freed"),
    [
        (permit(G3), lease(G1, FREE), True),
        (permit(G3, G1), lease(G1, FREE), True),
        (permit(G3, G1), lease(G1), False),
        (permit(G3, G2, G1), lease(G1, MOVING), False),
        (permit(G3, G1, data_gen=1), lease(G1, data_gen=2), False),
        (permit(G3, G1, disk=Disk.CREATE, data_gen=2), lease(G1, data_gen=1), False),
    ],
)
def test_a_free_lease_or_a_named_holder_may_be_followed(
    mine: Permit, found: Lease, freed: bool
) -> None:
    assert may_claim(mine, found) == Claimable(1, freed)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (lease(G2)._replace(data_gen=2), Watch.KEEP),
        (lease(G2)._replace(data_gen=2, current=False), Watch.REPAIR),
        (lease(G2)._replace(data_gen=1), Watch.REPAIR),
        (lease(G2, MOVING)._replace(data_gen=2), Watch.KEEP),
        (lease(G2, FREE), Watch.KILL),
        (lease(G2, DELETED), Watch.KILL),
        (lease(G3), Watch.KILL),
        (lease(G3, FREE), Watch.KILL),
        (lease(G2._replace(host="x")), Watch.KILL),
        (lease(G2._replace(boot=5)), Watch.KILL),
        (None, Watch.ALARM),
        (lease(G1), Watch.ALARM),
        (lease(G1, FREE), Watch.ALARM),
        (lease(G1, MOVING), Watch.ALARM),
        (lease(G1, MOVING)._replace(next=G2), Watch.KEEP),
        (lease(G1)._replace(next=G2), Watch.ALARM),
    ],
)
def test_a_look_at_the_lease_of_a_guest_that_runs(found: Lease | None, verdict: Watch) -> None:
    assert watch(G2, found) is verdict


@pytest.mark.parametrize(
    ("disk", "known", "found", "made"),
    [
        (Disk.CREATE, 0, 0, True),
        (Disk.CREATE, 0, 1, False),
        (Disk.CREATE, 2, 1, True),
        (Disk.CREATE, 2, 2, True),
        (Disk.KEEP, 0, 0, False),
    ],
)
def test_a_disk_that_ran_unknown_to_the_database_is_not_made_anew(
    disk: Disk, known: int, found: int, made: bool
) -> None:
    assert makes_disk(permit(G3, disk=disk, data_gen=known), found) is made


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (None, Arrival.NOT_SENT),
        (lease(G1), Arrival.NOT_SENT),
        (lease(G1)._replace(next=G2), Arrival.NOT_SENT),
        (lease(G1, MOVING)._replace(next=G3), Arrival.NOT_SENT),
        (lease(G1, MOVING)._replace(next=G2), Arrival.AWAITED),
        (lease(G2), Arrival.HANDED_OVER),
        (lease(G2)._replace(current=False), Arrival.HANDED_OVER),
        (lease(G2, MOVING), Arrival.HANDED_OVER),
        (lease(G2, FREE), Arrival.LOST),
        (lease(G2, DELETED), Arrival.LOST),
        (lease(G2._replace(boot=5)), Arrival.LOST),
        (lease(G3), Arrival.LOST),
    ],
)
def test_a_look_at_the_lease_of_a_guest_that_is_awaited(
    found: Lease | None, verdict: Arrival
) -> None:
    assert arrival(G2, found) is verdict
