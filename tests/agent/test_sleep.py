"""Whether a machine may go to sleep."""

import os
from pathlib import Path

import pytest

from hostdown.drivers.linux_sleep import may_sleep

OTHERS = ("suspend.target", "hibernate.target", "hybrid-sleep.target")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine that can sleep, under systemd."""
    for directory in ("sys/power", "run/systemd/system", "etc/systemd/system"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "usr/lib/systemd/system").mkdir(parents=True)
    for unit in ("sleep.target", *OTHERS):
        (tmp_path / "usr/lib/systemd/system" / unit).write_text("[Unit]\n")
    (tmp_path / "sys/power/state").write_text("freeze mem disk\n")
    return tmp_path


def mask(root: Path, *units: str, where: str = "etc") -> None:
    for unit in units:
        (root / where / "systemd/system" / unit).symlink_to(os.devnull)


def test_a_machine_as_it_is_installed_may_sleep(root: Path) -> None:
    assert may_sleep(root)


@pytest.mark.parametrize("where", ["etc", "run"])
def test_one_whose_sleep_is_masked_may_not(root: Path, where: str) -> None:
    mask(root, "sleep.target", where=where)
    assert not may_sleep(root)


def test_each_way_may_be_masked_in_its_place_but_all_of_them(root: Path) -> None:
    mask(root, *OTHERS[:2])
    assert may_sleep(root)
    mask(root, OTHERS[2])
    assert not may_sleep(root)


def test_what_stands_before_a_mask_counts(root: Path) -> None:
    (root / "etc/systemd/system/sleep.target").write_text("[Unit]\n")
    mask(root, "sleep.target", where="run")
    assert may_sleep(root)


def test_a_kernel_that_cannot_and_a_machine_without_systemd_do_not(root: Path) -> None:
    (root / "run/systemd/system").rmdir()
    assert not may_sleep(root)
    (root / "run/systemd/system").mkdir()
    (root / "sys/power/state").write_text("\n")
    assert not may_sleep(root)
    (root / "sys/power/state").unlink()
    assert not may_sleep(root)
