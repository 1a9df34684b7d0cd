"""Keeps this process in memory: what has to act in time must not wait for a disk that hangs."""

import ctypes

_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def keep_in_memory() -> None:
    """All there is, and what comes later once it is used (mlockall(2)).

    Where that is not allowed it goes on without.
    """
    libc = ctypes.CDLL(None)
    if libc.mlockall(_MCL_CURRENT) == 0:
        libc.mlockall(_MCL_FUTURE | _MCL_ONFAULT)
