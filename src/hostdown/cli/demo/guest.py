"""The guest of the demo: a boot sector that counts on its disk, once a second."""

import struct
from pathlib import Path

DISK_BYTES = 8 * 1024 * 1024
"""Of its disk; the guest uses three sectors of it."""
_SECTOR_BYTES = 512

SECTOR = (
    bytes.fromhex(
        "31c08ed88ec08ed0bc007cfbfc88160c7dba0206b80001ef0f3166c1c00b6633066c046683c80166"
        "a3087db442e8ae0066813e00805449434b753c66a1048066a3047deb32b442e8940066a10880663b"
        "06087d742266c70600805457494e668b1e087d66891e0c80c606fc7c02b443e86c00c606fc7c0166"
        "ff06047d66c70600805449434b66a1047d66a3048066a1087d66a3088066c7060c8000000000b443"
        "e83b00be0d7dac84c07405e83f00ebf6c6060d7d00668b1e6c04f4ba0006eda90001751066a16c04"
        "6629d86683f81272e9e971ffba0406b80020eff4ebfd8a160c7db000bef47ccd137306b045baf803"
        "eec366901000010000800000010000000000000000000000000000000047554553542d55500d0a"
    ).ljust(510, b"\0")
    + b"\x55\xaa"
)
"""tools/guest/counter.s, assembled; a test holds the two together."""


def image() -> bytes:
    """A raw image of it."""
    return SECTOR.ljust(DISK_BYTES, b"\0")


def counted(disk: Path) -> int:
    """How far the guest on a raw disk has counted; 0 before its first count."""
    with disk.open("rb") as file:
        file.seek(_SECTOR_BYTES)
        magic, count = struct.unpack("<4sI", file.read(8))
    return int(count) if magic == b"TICK" else 0
