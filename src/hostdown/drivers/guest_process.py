"""The processes of guests, as the kernel sees them: found, killed, and known to be gone.

A hypervisor's word that it destroyed a guest does not show that nothing writes to the disk any
more (NEVER-TWICE W3); a pidfd that became readable does: all threads of the process have ended, and
with them its open files and locks. It also works while libvirt does not answer.
"""

import os
import selectors
import signal
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

OWNER = "HOSTDOWN_HYPERVISOR"
"""Environment variable of a guest's process: the URI of the libvirt that it belongs to."""

_PROC = Path("/proc")


class GuestProcess:
    """One process. It keeps a file descriptor until `close`."""

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self._pidfd = pidfd

    def kill(self) -> None:
        """SIGKILL; nothing where it is gone."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def gone(self, within_s: float) -> bool:
        """Whether it has ended, waited for up to `within_s` seconds."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pidfd, selectors.EVENT_READ)
            return bool(selector.select(within_s))

    def close(self) -> None:
        """Forget it."""
        os.close(self._pidfd)


def guest_processes(uuid: str, owner: str | None) -> list[GuestProcess]:
    """The processes that run this guest; with `owner`, only those of that libvirt.

    Reads all of /proc: some milliseconds.
    """
    found = []
    for entry in os.scandir(_PROC):
        if entry.name.isdecimal() and _runs(Path(entry.path), uuid, owner):
            process = _open(int(entry.name), uuid, owner)
            if process is not None:
                found.append(process)
    return found


def _open(pid: int, uuid: str, owner: str | None) -> GuestProcess | None:
    """By a second look: the number may belong to another process by now."""
    try:
        process = GuestProcess(pid, os.pidfd_open(pid))
    except ProcessLookupError:
        return None
    if _runs(_PROC / str(pid), uuid, owner):
        return process
    process.close()
    return None


def _runs(path: Path, uuid: str, owner: str | None) -> bool:
    arguments = _read(path, "cmdline").split(b"\0")
    if arguments == [b""]:
        return any(_runs(thread, uuid, owner) for thread in _threads_left(path))
    for option, value in pairwise(arguments):
        if option == b"-uuid" and value == uuid.encode():
            return owner is None or f"{OWNER}={owner}".encode() in _read(path, "environ").split(
                b"\0"
            )
    return False


def _threads_left(path: Path) -> Iterator[Path]:
    """Threads of a process whose first one is dead: others can still hang in a write."""
    if path.parent != _PROC:
        return
    try:
        threads = os.listdir(path / "task")
    except OSError:
        return
    for thread in threads:
        if thread != path.name:
            yield path / "task" / thread


def _read(path: Path, name: str) -> bytes:
    try:
        return (path / name).read_bytes()
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return b""


def still_there(processes: list[GuestProcess], within_s: float) -> list[GuestProcess]:
    """Those that are still there; the others are forgotten."""
    left = []
    for process in processes:
        if process.gone(within_s):
            process.close()
        else:
            left.append(process)
    return left
