"""Whether a machine may go to sleep."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from hostdown import compose_hosts
from hostdown.config import load
from hostdown.domain.rehearsal import MAY_SLEEP
from hostdown.drivers.linux_sleep import may_sleep

HOWTO = Path(__file__).parents[2] / "docs/howto"
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


def test_what_the_howto_says_to_mask_is_enough(root: Path) -> None:
    (command,) = re.findall(r"systemctl mask (.+)", MAY_SLEEP)
    assert command in (HOWTO / "enrol-hosts.md").read_text()
    mask(root, *command.split())
    assert may_sleep(root) is False


def test_each_way_but_what_all_of_them_need_is_not(root: Path) -> None:
    """A systemd may have more ways than these, as suspend-then-hibernate."""
    mask(root, *OTHERS)
    assert may_sleep(root) is True


def test_what_stands_before_a_mask_counts(root: Path) -> None:
    (root / "etc/systemd/system/sleep.target").write_text("[Unit]\n")
    mask(root, "sleep.target", where="run")
    assert may_sleep(root)


def test_a_kernel_that_cannot_does_not(root: Path) -> None:
    (root / "sys/power/state").write_text("\n")
    assert may_sleep(root) is False
    (root / "sys/power/state").unlink()
    assert may_sleep(root) is False


def test_without_systemd_nobody_knows_but_of_a_kernel_that_cannot(root: Path) -> None:
    (root / "run/systemd/system").rmdir()
    assert may_sleep(root) is None
    (root / "sys/power/state").unlink()
    assert may_sleep(root) is False


@pytest.mark.parametrize(
    ("hypervisor", "said"),
    [("libvirt", True), ("none", True), ("simulated", False), ("fake", False)],
)
def test_only_an_agent_of_a_real_host_looks_and_warns(
    hypervisor: str,
    said: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(compose_hosts, "may_sleep", lambda: True)
    file = tmp_path / "hostdown.conf"
    file.write_text(f"[agent]\nhypervisor = {hypervisor}\n")
    settings = load([file], {}).settings
    made = compose_hosts.agent_settings(settings, "a", timedelta(seconds=10), None)
    assert made.sleeps is said
    assert ("systemctl mask sleep.target" in caplog.text) is said
