"""What the head of a qcow2 file says of its disk; what is refused of one is tested with images."""

import struct

from hostdown.domain import qcow2


def test_the_size_of_the_disk_stands_in_the_head() -> None:
    head = struct.pack(">4sIQIIQ", qcow2.MAGIC, 3, 0, 0, 16, 5 << 30).ljust(qcow2.HEAD_BYTES, b"\0")
    assert qcow2.virtual_size(head) == 5 << 30
