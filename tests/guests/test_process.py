"""The processes of guests are found, however little of them is left, and only the right ones."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.processes.harness import until

from hostdown.drivers.guest_process import OWNER, guest_processes

LIVES = "import threading; threading.Event().wait(60)"
FIRST_THREAD_ENDS = (
    "import ctypes, threading;"
    "threading.Thread(target=threading.Event().wait, args=(60,)).start();"
    "ctypes.CDLL(None).syscall(60, 0)"
)
"""exit(2) of x86-64 ends the thread that calls it, and no other."""


@contextmanager
def process(uuid: str, owner: str, code: str = LIVES) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-c", code, "-uuid", uuid], env={**os.environ, OWNER: owner}
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait(10)


def found(uuid: str, owner: str | None) -> list[int]:
    processes = guest_processes(uuid, owner)
    for each in processes:
        each.close()
    return [each.pid for each in processes]


def test_a_guest_is_found_by_its_uuid_and_its_hypervisor() -> None:
    uuid = str(uuid4())
    with process(uuid, "test:///a") as ours, process(uuid, "test:///b") as other:
        until(lambda: len(found(uuid, None)) == 2)
        assert found(uuid, "test:///a") == [ours.pid]
        assert found(uuid, "test:///b") == [other.pid]
        assert found(str(uuid4()), None) == []


def test_a_guest_is_killed_and_known_to_be_gone() -> None:
    uuid = str(uuid4())
    with process(uuid, "test:///a"):
        until(lambda: found(uuid, "test:///a"))
        (guest,) = guest_processes(uuid, "test:///a")
        assert not guest.gone(0.05)
        guest.kill()
        assert guest.gone(5)
        guest.kill()
        guest.close()
    assert found(uuid, None) == []


def test_a_guest_is_there_as_long_as_one_of_its_threads_is() -> None:
    """So it is when the first thread is killed and another one hangs in a write."""
    uuid = str(uuid4())
    with process(uuid, "test:///a", FIRST_THREAD_ENDS) as started:
        until(lambda: not Path(f"/proc/{started.pid}/cmdline").read_bytes())
        (guest,) = guest_processes(uuid, "test:///a")
        assert not guest.gone(0.05)
        guest.kill()
        assert guest.gone(5)
        guest.close()
