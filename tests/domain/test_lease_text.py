"""Claims and bulletins on a disk that may keep any part of a write (RACES 53)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.assignment import Holder
from hostdown.domain.lease_text import (
    BULLETIN_BYTES,
    CLAIM_BYTES_MAX,
    SLOT_BYTES,
    Bulletin,
    Claim,
    LeaseState,
    bulletins_of,
    claim_of,
    claim_text,
    newest,
    next_write,
    slot_text,
)

S = Holder(3, "host-s", 1)
D = Holder(4, "host-d", 7)

holders = st.builds(Holder, st.integers(1, 2**31), st.text(max_size=36), st.integers(1, 2**31))
claims = st.builds(Claim, st.text(max_size=36), holders, st.text(max_size=36), st.text(max_size=70))
bulletins = st.builds(
    Bulletin,
    st.integers(1, 2**40),
    holders,
    st.sampled_from(LeaseState),
    st.none() | holders,
    st.integers(0, 2**31),
)


def with_slot(content: bytes, slot: int, text: bytes) -> bytes:
    start = slot * SLOT_BYTES
    return content[:start] + text + content[start + len(text) :]


def written(*each: Bulletin) -> bytes:
    """A file to which these were written one after another."""
    content = bytes(BULLETIN_BYTES)
    for bulletin in each:
        slot, made = next_write(bulletins_of(content), *bulletin[1:])
        content = with_slot(content, slot, slot_text(made))
    return content


@given(claims)
def test_a_claim_comes_back_as_it_was_made(claim: Claim) -> None:
    text = claim_text(claim)
    assert claim_of(text) == claim
    assert len(text) <= CLAIM_BYTES_MAX


@given(claims, st.data())
def test_a_claim_cut_short_anywhere_is_none(claim: Claim, data: st.DataObject) -> None:
    text = claim_text(claim)
    assert claim_of(text[: data.draw(st.integers(0, len(text) - 1))]) is None


@given(claims, st.data())
def test_a_claim_with_one_wrong_byte_is_none(claim: Claim, data: st.DataObject) -> None:
    text = bytearray(claim_text(claim))
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    assert claim_of(bytes(text)) is None


@pytest.mark.parametrize("content", [b"", b"\n", b"\n00000000\n", b"{}\n\n", bytes(4096)])
def test_what_is_no_claim_is_none(content: bytes) -> None:
    assert claim_of(content) is None


def test_a_form_that_is_not_known_is_not_guessed_at() -> None:
    assert claim_of(slot_text(Bulletin(1, S, LeaseState.HELD, None, 0))) is None
    assert bulletins_of(claim_text(Claim("i", S, "b", "n"))) == [None, None]


@given(bulletins)
def test_a_bulletin_comes_back_as_it_was_written(bulletin: Bulletin) -> None:
    text = slot_text(bulletin)
    assert len(text) == SLOT_BYTES
    assert bulletins_of(bytes(SLOT_BYTES) + text) == [None, bulletin]


def test_a_bulletin_that_does_not_fit_its_slot_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        slot_text(Bulletin(1, Holder(1, "h" * SLOT_BYTES, 1), LeaseState.HELD, None, 0))


@given(st.lists(bulletins, min_size=1, max_size=4), bulletins, st.integers(0, SLOT_BYTES))
def test_a_write_cut_at_any_byte_gives_the_old_or_the_new(
    before: list[Bulletin], following: Bulletin, cut: int
) -> None:
    content = written(*before)
    old = newest(bulletins_of(content))
    slot, new = next_write(bulletins_of(content), *following[1:])
    after = bulletins_of(with_slot(content, slot, slot_text(new)[:cut]))
    assert old in after
    assert [each for each in after if each not in (old, new, None)] in (
        [],
        [bulletins_of(content)[slot]],
    )


@given(bulletins, bulletins, st.sets(st.integers(0, 7)))
def test_a_write_of_which_any_sectors_arrived_gives_the_old_or_the_new(
    before: Bulletin, following: Bulletin, sectors: set[int]
) -> None:
    content = written(before, before)
    old = newest(bulletins_of(content))
    slot, new = next_write(bulletins_of(content), *following[1:])
    torn, text = bytearray(content), slot_text(new)
    for sector in sectors:
        start = sector * 512
        torn[slot * SLOT_BYTES + start : slot * SLOT_BYTES + start + 512] = text[
            start : start + 512
        ]
    found = bulletins_of(bytes(torn))
    assert old in found
    assert found[slot] in (new, None, bulletins_of(content)[slot])


def test_the_last_write_of_the_highest_generation_is_the_newest() -> None:
    late = Bulletin(9, S, LeaseState.FREE, None, 3)
    held = Bulletin(4, D, LeaseState.HELD, None, 3)
    freed = Bulletin(5, D, LeaseState.FREE, None, 4)
    assert newest([late, held]) == held
    assert newest([held, freed]) == freed
    assert newest([None, None]) is None


def test_the_newest_is_never_written_over_and_counters_only_grow() -> None:
    late = Bulletin(9, S, LeaseState.FREE, None, 3)
    held = Bulletin(4, D, LeaseState.HELD, None, 3)
    assert next_write([held, late], D, LeaseState.HELD, None, 4) == (
        1,
        Bulletin(10, D, LeaseState.HELD, None, 4),
    )
    assert next_write([None, held], D, LeaseState.HELD, S, 4)[0] == 0
    assert next_write([None, None], D, LeaseState.HELD, None, 0) == (
        0,
        Bulletin(1, D, LeaseState.HELD, None, 0),
    )


def test_people_can_read_a_claim() -> None:
    line, _ = claim_text(Claim("i", S, "b", "n")).splitlines()
    assert json.loads(line) == {
        "form": "hostdown-claim-1",
        "instance": "i",
        "holder": [3, "host-s", 1],
        "boot_id": "b",
        "nonce": "n",
    }
