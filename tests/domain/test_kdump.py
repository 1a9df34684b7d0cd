"""What a kernel that dumps its memory sends."""

import struct

import pytest

from hostdown.domain.kdump import MAGIC, kdump_version


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2])
def test_both_byte_orders_and_versions_are_read(order: str, version: int) -> None:
    message = struct.pack(f"{order}II", MAGIC, version)
    assert kdump_version(message) == version
    assert kdump_version(message + b"more") == version


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        struct.pack("<I", MAGIC),
        struct.pack("<II", MAGIC, 1)[:-1],
        struct.pack("<II", MAGIC, 0),
        struct.pack("<II", MAGIC, 3),
        struct.pack("<II", MAGIC + 1, 1),
    ],
)
def test_anything_else_is_none(datagram: bytes) -> None:
    assert kdump_version(datagram) is None
