"""Who sees which image, and what the head of a qcow2 file must say."""

import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.image import Image, ImageStatus, Viewer, Visibility
from hostdown.domain.qcow2 import HEAD_BYTES, MAGIC, refusal

AT = datetime(2026, 1, 1)
MINE, OTHERS = Viewer("mine", is_admin=False), Viewer("others", is_admin=False)
ADMIN = Viewer(None, is_admin=True)
IMAGE = Image(
    "i", None, "mine", ImageStatus.ACTIVE, Visibility.PRIVATE, "raw", "bare", 1, 1, 0, 0, False,
    False, None, None, None, {}, (), AT, AT,
)  # fmt: skip


@pytest.mark.parametrize(
    ("visibility", "seen", "listed"),
    [
        (Visibility.PRIVATE, False, False),
        (Visibility.SHARED, False, False),
        (Visibility.COMMUNITY, True, False),
        (Visibility.PUBLIC, True, True),
    ],
)
def test_others_see_what_is_for_everybody(visibility: Visibility, seen: bool, listed: bool) -> None:
    image = IMAGE._replace(visibility=visibility)
    assert (OTHERS.sees(image), OTHERS.lists(image)) == (seen, listed)
    for viewer in (MINE, ADMIN):
        assert viewer.sees(image)
        assert viewer.lists(image)


def test_nobody_sees_what_is_deleted() -> None:
    gone = IMAGE._replace(status=ImageStatus.DELETED, visibility=Visibility.PUBLIC)
    assert not any(viewer.sees(gone) or viewer.lists(gone) for viewer in (MINE, OTHERS, ADMIN))


def head(
    version: int = 3,
    backing: int = 0,
    bits: int = 16,
    virtual: int = 2**20,
    crypt: int = 0,
    entries: int = 1,
    at: int = 196608,
    flags: int = 0,
) -> bytes:
    """The head of a file of four clusters."""
    begin = struct.pack(">4sIQIIQIIQQIIQ", MAGIC, version, backing, 0, bits, virtual, crypt,
                        entries, at, 65536, 1, 0, 0)  # fmt: skip
    return begin + struct.pack(">QQQII", flags, 0, 0, 4, 104)


SIZE = 4 * 65536


@pytest.mark.parametrize("good", [head(), head(version=2), head(flags=0b11000)])
def test_a_plain_file_is_taken(good: bytes) -> None:
    assert refusal(good, SIZE, 2**20) is None
    assert len(good) == HEAD_BYTES


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "not qcow2"),
        (b"KDMV" * 30, "not qcow2"),
        (MAGIC, "ends within its header"),
        (head()[:100], "ends within its header"),
        (head(version=1), "qcow version 1"),
        (head(version=4), "qcow version 4"),
        (head(backing=104), "backing file"),
        (head(crypt=2), "encrypted"),
        (head(bits=8), "makes no sense"),
        (head(bits=22), "makes no sense"),
        (head(entries=2**31), "makes no sense"),
        (head(virtual=2**20 + 1), "more than [image] max_virtual_bytes"),
        (head(at=SIZE), "cut off"),
        (head(flags=1), "dirty"),
        (head(flags=2), "corrupt"),
        (head(flags=4), "external data file"),
        (head(flags=32), "not known"),
        (head(flags=2**63), "not known"),
    ],
)
def test_what_may_not_be_is_refused_with_a_reason(bad: bytes, reason: str) -> None:
    assert reason in (refusal(bad, SIZE, 2**20) or "")


@given(st.binary(max_size=120))
def test_no_bytes_are_an_error(noise: bytes) -> None:
    assert refusal(MAGIC + noise, SIZE, 2**20) != ""
