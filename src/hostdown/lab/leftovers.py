"""Finds and ends what is left of a lab whose keeper cannot be asked any more.

Processes are known by their command lines, which name the lab's directory: nothing has to have been
written down before its maker was killed. Those inside a host die with its pid 1.
"""

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

from hostdown.lab import network
from hostdown.lab.errors import LabError
from hostdown.lab.plan import names

END_TIMEOUT_S = 15.0
"""What a process of a lab may take to be gone after SIGKILL."""

_OURS = (
    (b"-m", b"hostdown.lab.init"),
    (b"-m", b"hostdown.lab.keeper"),
    (b"-m", b"hostdown", b"serve"),
)
"""What stands in the command lines of a lab's processes, beside its directory."""


def processes(directory: Path) -> Iterator[int]:
    """Descriptors of this lab's processes, to be closed by the caller; never of ourselves."""
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid() or not _belongs(pid, directory):
            continue
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            # The number may have gone to somebody else before it was held.
            if _belongs(pid, directory):
                yield descriptor
            else:
                os.close(descriptor)


def _belongs(pid: int, directory: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    place = os.fsencode(directory)
    role = words.index(b"-m") if b"-m" in words else len(words)
    return any(tuple(words[role : role + len(each)]) == each for each in _OURS) and any(
        word == place or word.startswith(place + b"/") for word in words
    )


def end(directory: Path) -> None:
    """Kill what runs of this lab, wait until it is gone, remove what it made on this machine."""
    held = list(processes(directory))
    try:
        for descriptor in held:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        for descriptor in held:
            if not select.select([descriptor], [], [], END_TIMEOUT_S)[0]:
                raise LabError("A process of the lab does not die; look for it with 'ps'.")
    finally:
        for descriptor in held:
            os.close(descriptor)
    network.remove(names(directory))
