"""What has to be said of a move before it and after it: what is lost, what only a word protects.

The cases that cannot be closed (NEVER-TWICE X1, X2, X4) are shown in the plan and in the record.
"""

from hostdown.domain.pools import PoolClass

DISK_LOST = (
    "Its disk was on another pool, that of host {host}: it is made anew, and what was on the old "
    "one is lost."
)
"""Sharp edge 33 of contract 10.2: what Nova does without a word."""

_WORD = "Only the word of {by} says that host {host} is dead"
_NO_LOCK = f"{_WORD}, and no lock reaches its disk: if it is not, the server runs twice (X4)."
_LOCKS_FAIL = (
    f"{_WORD}, and the locks of its pool keep nobody out: if it is not, two may write to one disk "
    "(X1)."
)
_REPLAY = (
    f"{_WORD}, and its pool takes late writes of a host whose locks it gave away: if it was only "
    "cut off, what it has queued lands on the disk when its path heals (X2)."
)
_UNKNOWN = (
    f"{_WORD}, and nobody knows what the locks of its pool are worth: if it is not, two may write "
    "to one disk (X1)."
)
_BY_CLASS = {
    PoolClass.NOLOCK.value: _LOCKS_FAIL,
    PoolClass.REPLAY.value: _REPLAY,
    "": _UNKNOWN,
}


def disk_lost(host: str) -> str:
    """Of a server whose disk stays on the pool of `host`."""
    return DISK_LOST.format(host=host)


def priority_unread(key: str) -> str:
    """Of a server whose metadata `key` was to say how urgent it is."""
    return f"Its metadata {key} is no integer: it counts as 0, as if there were none."


def word_caution(by: str, host: str, pool_class: str, shared: bool) -> str | None:
    """What hangs on the word of `by` that `host` is dead; None where locks stand behind it.

    `pool_class` is that of the host's pool, and `shared` whether the next host has the same one:
    a lock keeps nobody from another disk.
    """
    if shared and pool_class == PoolClass.LOCKS:
        return None
    local = not shared or pool_class == PoolClass.LOCAL
    sentence = _NO_LOCK if local else _BY_CLASS[pool_class]
    return sentence.format(by=by, host=host)
