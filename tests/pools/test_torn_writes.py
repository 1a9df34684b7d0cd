"""RACES 53, lease-torn: the power fails at each byte of a write to a real lease.

What is read afterwards is the old lease or the new one, and whoever has the disk next writes on.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hostdown.domain.assignment import Holder
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import SLOT_BYTES, Claim, LeaseState, claim_of, claim_text
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import PoolDirectory, init_pool

S, D, E = Holder(1, "host-s", 1), Holder(2, "host-d", 7), Holder(3, "host-e", 2)
HELD, FREE = LeaseState.HELD, LeaseState.FREE
SECTOR_BYTES = 512


class Write(NamedTuple):
    """One write of a bulletin, after those before it."""

    holder: Holder
    state: LeaseState
    data_gen: int


FIRST = [Write(S, HELD, 0)]
WRITES = [
    FIRST,
    [*FIRST, Write(S, HELD, 1)],
    [*FIRST, Write(S, HELD, 1), Write(S, FREE, 1)],
    [*FIRST, Write(S, HELD, 1), Write(D, HELD, 1)],
    [*FIRST, Write(S, HELD, 1), Write(D, HELD, 1), Write(D, HELD, 2)],
    [*FIRST, Write(S, HELD, 1), Write(S, LeaseState.DELETED, 1)],
]


@pytest.fixture
def leases(tmp_path: Path) -> LeaseFiles:
    init_pool(tmp_path)
    return LeaseFiles(PoolDirectory(tmp_path))


def claim(holder: Holder) -> Claim:
    return Claim("i", holder, "boot-id", f"{holder.host}-n")


def write(leases: LeaseFiles, done: Write) -> None:
    leases.write("i", done.holder, done.state, None, done.data_gen)


def seen(leases: LeaseFiles) -> Lease:
    found = leases.read("i")
    assert found is not None
    return found._replace(current=True)  # a bulletin that is repaired


def torn(before: bytes, after: bytes) -> Iterator[bytes]:
    """What a disk may hold of a write in place: up to each byte, or any one sector less."""
    (slot,) = [
        start
        for start in range(0, len(after), SLOT_BYTES)
        if before[start : start + SLOT_BYTES] != after[start : start + SLOT_BYTES]
    ]
    for at in range(slot, slot + SLOT_BYTES + 1):
        yield after[:at] + before[at:]
    for at in range(slot, slot + SLOT_BYTES, SECTOR_BYTES):
        yield after[:at] + before[at : at + SECTOR_BYTES] + after[at + SECTOR_BYTES :]


@pytest.mark.parametrize("writes", WRITES, ids=lambda it: f"{it[-1].holder.host}-{it[-1].state}")
def test_a_bulletin_torn_at_each_byte_is_the_old_or_the_new(
    leases: LeaseFiles, tmp_path: Path, writes: list[Write]
) -> None:
    *earlier, last = writes
    for after, holder in enumerate(dict.fromkeys(each.holder for each in writes)):
        leases.claim(claim(holder), after)
    for each in earlier:
        write(leases, each)
    old, file = seen(leases), tmp_path / "i/lease/current"
    before = file.read_bytes() if file.exists() else bytes(2 * SLOT_BYTES)
    write(leases, last)
    new, after_it = seen(leases), file.read_bytes()
    assert (new.holder, new.state, new.data_gen) == last
    found = set()
    for content in dict.fromkeys(torn(before, after_it)):
        file.write_bytes(content)
        found.add(seen(leases))
        # Whoever comes next writes on, over what is torn and not over what counts.
        write(leases, last)
        assert seen(leases) == new
    assert found == {old, new}


def test_a_file_that_is_shorter_than_it_will_be_is_no_bulletin(
    leases: LeaseFiles, tmp_path: Path
) -> None:
    """The power fails before the file has its size."""
    leases.claim(claim(S), 0)
    write(leases, Write(S, HELD, 1))
    whole = (tmp_path / "i/lease/current").read_bytes()
    for length in range(0, len(whole) + 1, 7):
        (tmp_path / "i/lease/current").write_bytes(whole[:length])
        found = leases.read("i")
        assert found is not None
        assert (found.holder, found.state) == (S, HELD)


def test_a_claim_torn_at_each_byte_is_none_and_keeps_nobody_from_claiming(
    leases: LeaseFiles, tmp_path: Path
) -> None:
    """A name is linked to what is whole and durable; what is torn never has one."""
    leases.claim(claim(S), 0)
    write(leases, Write(S, HELD, 1))
    text = claim_text(claim(D))
    attempt = tmp_path / "i/lease" / f"tmp-{claim(D).nonce}"
    for length in range(len(text)):
        attempt.write_bytes(text[:length])
        assert claim_of(text[:length]) is None
        assert seen(leases).holder == S
    assert leases.claim(claim(E), 1) == claim(E)
    assert seen(leases).holder == E
