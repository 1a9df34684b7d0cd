"""Whoever takes over hears all hosts first, and pulses make that a matter of a second (P5).

Left to `make long`: beside other tests, a host that was told of no observer at its first report has
no pulses for a minute here, and then nothing hurries it.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent.test_processes import hosts, running
from tests.processes.harness import Server, serving, until
from tests.processes.seed import sqlite_file

from hostdown.drivers.system_clock import SystemClock
from hostdown.services.hearing_ports import Hearing
from hostdown.storage import open_storage

CLOCK = SystemClock()
HOSTS = 20
TAKE_OVERS = 3
LONG_S = 60.0
SOON_S = 1.6
"""Of so many hosts that were asked by their polls alone the last one would say so later than this,
but once in a hundred times."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Whose hosts report next in a minute."""
    times: dict[str, object] = {"report_interval": 60, "service_down_time": 300}
    with serving(tmp_path, DEFAULT=times, api={"auth_strategy": "noauth2"}) as started:
        yield started


def hearing(server: Server) -> Hearing:
    storage = open_storage(sqlite_file(server.directory / "state"))
    try:
        return storage.cells.all()[0].read(lambda rows: rows.hearing.now())
    finally:
        storage.close()


def take_over(server: Server) -> float:
    """The process that leads is killed; seconds from the next one's question to the last answer."""
    before = hearing(server)
    (leader,) = server.workers()
    os.kill(leader, signal.SIGKILL)
    until(lambda: hearing(server).asked > before.asked, LONG_S)
    asked_at = CLOCK.monotonic()
    until(lambda: not hearing(server).goes_on, LONG_S)
    return CLOCK.monotonic() - asked_at


@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("--servers-per-host", "2")], ids=["idle", "work"])
def test_all_hosts_say_soon_what_they_have(server: Server, more: tuple[str, ...]) -> None:
    with running(server, "swarm", "--count", str(HOSTS), *more):
        until(lambda: list(hosts(server).values()) == ["up"] * HOSTS, LONG_S)
        until(lambda: hearing(server).asked > 0 and not hearing(server).goes_on, LONG_S)
        assert min(take_over(server) for _ in range(TAKE_OVERS)) < SOON_S
