"""Copies that are set aside: whole whatever happens in between, kept a week, touched by nobody."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hostdown.domain.pool_errors import PoolAbsent
from hostdown.drivers.disk_copies import KEPT_FOR, DiskCopies
from hostdown.drivers.pool import MARKER, PoolDirectory, init_pool

UUID = "6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1"
NOW = datetime(2026, 3, 1, 12)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    init_pool(tmp_path)
    (tmp_path / UUID).mkdir()
    (tmp_path / UUID / "disk").write_text("data")
    (tmp_path / UUID / "disk.format").write_text("qcow2\n")
    return tmp_path


def files(pool: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in (pool / UUID).iterdir()}


WHOLE = {"disk.evacuated-3": "data", "disk.evacuated-3.format": "qcow2\n"}


class Died(BaseException):
    """What a test ends an agent with."""


def die(*_: object) -> None:
    raise Died


@pytest.mark.parametrize("call", ["utime", "replace"])
def test_an_agent_that_dies_on_the_way_leaves_a_disk_or_a_whole_copy(
    pool: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    copies = DiskCopies(PoolDirectory(pool))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, die)
        with pytest.raises(Died):
            copies.set_aside(UUID, 3)
    there = files(pool)
    assert (there["disk"], there["disk.format"]) == ("data", "qcow2\n")
    copies.set_aside(UUID, 3)
    assert files(pool) == WHOLE
    copies.set_aside(UUID, 3)
    copies.set_aside(UUID, 4)
    assert files(pool) == WHOLE


def test_a_disk_without_a_format_is_a_copy_without_one(pool: Path) -> None:
    (pool / UUID / "disk.format").unlink()
    DiskCopies(PoolDirectory(pool)).set_aside(UUID, 3)
    assert files(pool) == {"disk.evacuated-3": "data"}


def test_a_sweep_takes_old_copies_and_nothing_else(pool: Path) -> None:
    copies = DiskCopies(PoolDirectory(pool))
    copies.set_aside(UUID, 3)
    (pool / UUID / "disk").write_text("newer")
    (pool / ".hosts").mkdir()
    (pool / ".hosts" / UUID).write_text("slot")
    old = (NOW - KEPT_FOR - datetime(1970, 1, 1)).total_seconds()
    for each in pool.rglob("*"):
        os.utime(each, (old, old))
    copies.sweep(NOW - timedelta(seconds=1))
    assert files(pool) == {"disk": "newer", **WHOLE}
    copies.sweep(NOW + timedelta(seconds=1))
    assert files(pool) == {"disk": "newer"}
    assert (pool / ".hosts" / UUID).exists()
    assert (pool / MARKER).exists()


def test_without_its_marker_nothing_is_touched(pool: Path) -> None:
    (pool / MARKER).unlink()
    copies = DiskCopies(PoolDirectory(pool))
    uses: list[Callable[[], None]] = [
        lambda: copies.set_aside(UUID, 3),
        lambda: copies.sweep(NOW),
    ]
    for use in uses:
        with pytest.raises(PoolAbsent):
            use()
    assert files(pool) == {"disk": "data", "disk.format": "qcow2\n"}
