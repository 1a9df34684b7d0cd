"""Which machine it is: as its agent says it, hashed, and as what can switch it off says it."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

FIRMWARE = "firmware"
"""The source of an id that is made of the firmware's UUID and serial number."""


def machine_id(source: str, parts: Sequence[str]) -> str:
    """64 hexadecimal digits; hashed for this purpose alone, as machine-id(5) asks."""
    text = "\0".join(["hostdown-machine-1", source, *parts])
    return hashlib.sha256(text.encode()).hexdigest()


def is_machine(known: str, uuid: str | None, serial: str | None) -> bool:
    """Whether an agent's id is of the firmware with this UUID and serial number.

    Some firmware tells the first three fields of its UUID in the other byte order (SMBIOS 2.6).
    """
    if uuid is None or serial is None:
        return False
    try:
        told = UUID(uuid)
    except ValueError:
        return False
    orders = (str(told), str(UUID(bytes_le=told.bytes)))
    return any(known == machine_id(FIRMWARE, [order, serial]) for order in orders)
