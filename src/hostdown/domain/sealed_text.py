"""Text that is never read as something else if its write was torn: a line of JSON, its checksum."""

import json
from collections.abc import Mapping
from zlib import crc32

_CHECKSUM_BYTES = 8


def sealed(form: str, fields: Mapping[str, object]) -> bytes:
    """One line with the fields and the name of their form, and one with the checksum."""
    line = json.dumps({"form": form, **fields}, separators=(",", ":")).encode()
    return line + b"\n" + _checksum(line) + b"\n"


def opened(content: bytes, form: str) -> Mapping[str, object] | None:
    """The fields, if the checksum holds and the form is the one that this version knows."""
    line, _, rest = content.partition(b"\n")
    if rest[: _CHECKSUM_BYTES + 1] != _checksum(line) + b"\n" or not line:
        return None
    fields: Mapping[str, object] = json.loads(line)
    return fields if fields.get("form") == form else None


def _checksum(line: bytes) -> bytes:
    return f"{crc32(line):08x}".encode()
