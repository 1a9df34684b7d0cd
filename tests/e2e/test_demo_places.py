"""What the demo's hosts are, and the guest that counts on them."""

from pathlib import Path

import pytest
from tests.guests.disk import assembled

from hostdown.cli.demo import guest
from hostdown.cli.demo.places import SwarmStage, chosen
from hostdown.cli.demo.stage import Timing


def test_the_guest_is_the_one_that_was_assembled() -> None:
    """If this fails: put tools/guest/counter.s, assembled, into cli/demo/guest.py."""
    assert assembled("counter.s") == guest.SECTOR


def test_a_disk_that_nobody_has_booted_from_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(guest.image())
    assert guest.counted(tmp_path / "disk") == 0


def test_where_there_can_be_no_lab_hosts_are_simulated_and_it_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    stage, why = chosen(None, tmp_path, Timing())
    assert isinstance(stage, SwarmStage)
    assert "simulated hosts, because for a lab" in why
