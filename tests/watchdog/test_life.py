"""A petter as a process, with a timer that tells how often it was petted."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.processes.harness import until
from tests.watchdog.processes import Host
from tests.watchdog.things import HOST, Machine

from hostdown.agent.petter_grants import GrantAsker, Grants
from hostdown.agent.petter_life import PetterLife
from hostdown.drivers.pool import MARKER, PoolDirectory
from hostdown.drivers.system_clock import SystemClock
from hostdown.drivers.watch_slots import WatchSlotFiles

PATIENCE_S = 30


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with closing(Host(tmp_path)) as made:
        yield made


def goes_on(host: Host) -> None:
    """It is petted again and again."""
    before = host.lab.pets
    until(lambda: host.lab.pets > before + 3, PATIENCE_S)


def rests(host: Host) -> bool:
    """Whether it is not petted for longer than a petter waits between two pets."""
    before = host.lab.pets
    threading.Event().wait(0.7)
    return host.lab.pets == before


def test_each_of_pool_and_server_is_enough_and_without_both_it_ends(host: Host) -> None:
    host.put_terms()
    host.start()
    host.until_armed()
    host.server.grants = False
    goes_on(host)
    marker = (host.pool / MARKER).read_bytes()
    (host.pool / MARKER).unlink()
    until(lambda: rests(host), PATIENCE_S)
    host.server.grants = True
    goes_on(host)
    host.server.grants = False
    until(lambda: rests(host), PATIENCE_S)
    (host.pool / MARKER).write_bytes(marker)
    goes_on(host)
    assert host.lab.timer.timeout_s == 2.0
    done = host.files.done()
    assert done is not None
    assert done.renewed == (host.pool_id,)


def test_it_learns_of_a_pool_while_it_runs_and_stops_when_it_is_told(host: Host) -> None:
    host.start()
    assert rests(host)
    host.put_terms(grants=False)
    host.until_armed()
    slot = WatchSlotFiles(PoolDirectory(host.pool)).read(HOST)
    assert slot.renewal is not None
    assert host.end() == 0
    assert rests(host)


def test_another_run_arms_anew_only_with_a_credit(host: Host) -> None:
    host.put_terms()
    host.start()
    host.until_armed()
    host.end(signal.SIGKILL)
    host.server.grants = False
    marker = (host.pool / MARKER).read_bytes()
    (host.pool / MARKER).unlink()
    before = host.lab.pets
    host.start()
    until(lambda: host.server.asked > 0, PATIENCE_S)
    assert rests(host)
    assert host.lab.pets == before
    (host.pool / MARKER).write_bytes(marker)
    goes_on(host)


def test_a_turn_that_breaks_down_ends_no_other(host: Host) -> None:
    class Asker(GrantAsker):
        turns = 0

        def turn(self) -> None:
            self.turns += 1
            if self.turns == 1:
                raise ValueError("nobody has thought of this")

    machine, clock = Machine(), SystemClock()
    asker = Asker(Grants(machine.petter, clock), clock)
    life = PetterLife(machine.petter, host.files, asker, lambda pool: NotImplemented, clock)
    thread = threading.Thread(target=life.run)
    thread.start()
    try:
        until(lambda: asker.turns > 2, PATIENCE_S)
    finally:
        life.stop()
        thread.join(PATIENCE_S)


def test_there_is_one_petter_of_a_host(host: Host) -> None:
    host.put_terms()
    host.start()
    host.until_armed()
    words = [sys.executable, "-m", "hostdown", "petter", "--state-dir", str(host.state)]
    second = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert second.returncode == 12
    assert "Another petter is running" in second.stderr


def test_a_test_fire_says_what_it_needs(host: Host, tmp_path: Path) -> None:
    config = tmp_path / "hostdown.conf"
    config.write_text(f"[DEFAULT]\nstate_path = {tmp_path}\n")
    words = [sys.executable, "-m", "hostdown", "watchdog", "fire"]
    words += ["--config-file", str(config)]
    for more, status, said in (
        ([], 2, "--reset-this-machine"),
        (["--reset-this-machine"], 1, "[agent] watchdog"),
    ):
        done = subprocess.run(words + more, capture_output=True, text=True, timeout=60)
        assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert host.lab.pets == 0
