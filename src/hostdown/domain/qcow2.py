"""What the head of a qcow2 file says, before any program is let near it.

Such a file may name others (a backing file, an external data file), and a program that opens it
opens those as well. So what is not wanted is found here, from the bytes alone. The layout is that
of QEMU's `docs/interop/qcow2.txt`.
"""

import struct

MAGIC = b"QFI\xfb"
HEAD_BYTES = 104
"""What is needed of a file; its oldest form has 72."""

_HEAD = struct.Struct(">4sIQIIQIIQQIIQ")
_VERSION_AT = 7
_INCOMPATIBLE_AT = 72
_TABLE_ENTRY_BYTES = 8
_CLUSTER_BITS = range(9, 22)
L1_ENTRIES_MAX = 4 * 2**20
"""QEMU's own limit on the first table, 32 MiB."""

_DIRTY, _CORRUPT, _DATA_FILE, _COMPRESSION, _EXTENDED = (1 << bit for bit in range(5))
_UNWANTED = {
    _DIRTY: "it was not closed properly (dirty); run 'qemu-img check -r all' on it",
    _CORRUPT: "it says that it is corrupt",
    _DATA_FILE: "it has an external data file",
}


def virtual_size(head: bytes) -> int:
    """Bytes of the disk that such a file holds."""
    size: int = _HEAD.unpack_from(head)[5]
    return size


def refusal(head: bytes, size: int, virtual_bytes_max: int) -> str | None:
    """Why a file of `size` bytes that begins with `head` is no qcow2 for us; None if it may be."""
    if not head.startswith(MAGIC):
        return "it is not qcow2"
    if len(head) < _HEAD.size:
        return "it ends within its header"
    return _nonsense(head, size, virtual_bytes_max) or _flagged(head)


def _nonsense(head: bytes, size: int, virtual_bytes_max: int) -> str | None:
    """What both versions have."""
    facts = _HEAD.unpack_from(head)
    _, version, backing_at, backing_size, cluster_bits, virtual = facts[:6]
    crypt, l1_entries, l1_at, refcounts_at, refcount_clusters, _, _ = facts[6:]
    ends = (
        l1_at + l1_entries * _TABLE_ENTRY_BYTES,
        refcounts_at + (refcount_clusters << min(cluster_bits, _CLUSTER_BITS[-1])),
    )
    found = {
        f"it is qcow version {version}": version not in (2, 3),
        "it has a backing file": backing_at or backing_size,
        "it is encrypted": crypt,
        "its header makes no sense": (
            cluster_bits not in _CLUSTER_BITS or l1_entries > L1_ENTRIES_MAX
        ),
        f"its disk has {virtual} bytes, more than [image] max_virtual_bytes": (
            virtual > virtual_bytes_max
        ),
        "it is cut off": max(ends) > size,
    }
    return next((reason for reason, holds in found.items() if holds), None)


def _flagged(head: bytes) -> str | None:
    """Version 3 has flags that a reader must understand."""
    if head[_VERSION_AT] == 2:
        return None
    if len(head) < HEAD_BYTES:
        return "it ends within its header"
    (flags,) = struct.unpack_from(">Q", head, _INCOMPATIBLE_AT)
    for flag, reason in _UNWANTED.items():
        if flags & flag:
            return reason
    if flags & ~(_COMPRESSION | _EXTENDED):
        return "it needs features that are not known"
    return None
