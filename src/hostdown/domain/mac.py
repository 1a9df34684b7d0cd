"""The MAC address of a guest: never the same for two servers of a database."""

from zlib import crc32

SERVERS_PER_COMMIT_MAX = 256
"""Servers that one commit can number."""
_COMMITS = 2**32


def mac_address(database_id: str, commit: int, index: int) -> str:
    """Of the server `index` of those that commit number `commit` of a database makes.

    0x52 says "locally administered, of one card", as in QEMU's own addresses. Commit numbers are
    never used again, so no address is either, not even a deleted server's (NEVER-TWICE D3). Each
    database begins to count elsewhere, so that two on one network hardly meet.
    """
    if not 0 <= index < SERVERS_PER_COMMIT_MAX:
        raise ValueError(f"One commit numbers {SERVERS_PER_COMMIT_MAX} servers, not {index + 1}.")
    number = (commit % _COMMITS) ^ crc32(database_id.encode())
    return ":".join(f"{byte:02x}" for byte in (0x52, *number.to_bytes(4, "big"), index))
