"""The guest that tests run keeps its promises: it counts on its disk and sees a second writer."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.guests.disk import assembled, count, counted, make_disk, twin_seen
from tests.guests.qemu import running


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return make_disk(tmp_path / "disk")


def test_it_counts_at_once_and_goes_on_from_its_disk_under_a_new_mark(disk: Path) -> None:
    assert count(disk) == (0, 0)
    with running(disk):
        first = counted(disk, beyond=1)
    assert b"GUEST-UP" in (disk.parent / "serial").read_bytes()
    before = count(disk)
    with running(disk):
        second = counted(disk, beyond=before.counter)
    assert second.counter == before.counter + 1
    assert first.mark != second.mark != 0
    assert not twin_seen(disk)


def test_it_obeys_the_power_button(disk: Path) -> None:
    with running(disk) as process, socket.socket(socket.AF_UNIX) as monitor:
        counted(disk, beyond=0)
        monitor.connect(str(disk.parent / "monitor"))
        monitor.sendall(b"system_powerdown\n")
        assert process.wait(5) == 0


def test_it_tells_when_another_copy_writes_to_its_disk(disk: Path) -> None:
    with ExitStack() as both:
        both.enter_context(running(disk, locking="off"))
        counted(disk, beyond=0)
        both.enter_context(running(disk, locking="off"))
        counted(disk, beyond=3)
    assert twin_seen(disk)


def test_its_source_fills_one_sector() -> None:
    assert len(assembled("counter.s")) == 512
