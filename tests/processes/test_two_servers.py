"""Two servers on one PostgreSQL: when one dies, the other leads, hears all hosts and is reported to.

The leader's death is that of a process here; that of its host is in tests/lab.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.agent.test_processes import agent, hosts
from tests.processes.harness import Server, serving, until
from tests.processes.postgresql import cluster
from tests.processes.test_observer import counts
from tests.processes.test_unreachable import LONG, unreachable

from hostdown.domain.model import COMPUTE
from hostdown.services.leadership import CONTROLLER
from hostdown.storage import DatabaseSettings, Storage, open_storage

SOON: dict[str, object] = {"report_interval": 0.5, "service_down_time": 300}


class Pair(NamedTuple):
    """`first` is the one that agents ask first."""

    first: Server
    second: Server
    storage: Storage

    def leader(self) -> Server | None:
        """Who leads, by its row."""
        led = self.storage.cells.all()[0].read(lambda rows: rows.leaders.get(CONTROLLER))
        by_name = {"control1": self.first, "control2": self.second}
        return by_name[led.holder.partition(" ")[0]] if led else None


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="hostdown-"))
        url = stack.enter_context(cluster(Path(name))).url("both")
        servers = [
            stack.enter_context(
                serving(
                    tmp_path / host,
                    DEFAULT={**LONG, **SOON, "host": host},
                    api={"auth_strategy": "noauth2"},
                    directory={"connection": url},
                    server={"bind_host": address},
                )
            )
            for host, address in (("control1", "127.0.0.2"), ("control2", "127.0.0.3"))
        ]
        storage = open_storage(DatabaseSettings(directory_url=url, cell_url=url))
        stack.callback(storage.close)
        first, second = servers
        secret = first.directory / "state" / "enrolment-secret"
        first.set(
            "agent", server_url=f"{first.url}, {second.url}", enrolment_secret_file=secret
        )
        yield Pair(first, second, storage)


def hears(server: Server) -> bool:
    """Whether a host's pulses come on."""
    before = counts(server)["taken"]
    until(lambda: counts(server)["taken"] > before + 10)
    return True


def reported(pair: Pair) -> datetime:
    """When compute1 did so last."""
    cell = pair.storage.cells.all()[0]
    (found,) = cell.read(lambda rows: rows.services.find("compute1", COMPUTE))
    assert found.last_seen_up is not None
    return found.last_seen_up


@pytest.mark.long
@pytest.mark.parametrize("victim", ["the leader", "who is asked first"])
def test_the_one_that_is_left_does_it_all(pair: Pair, victim: str) -> None:
    with agent(pair.first, "compute1"), agent(pair.first, "compute2") as other:
        until(lambda: hosts(pair.second) == {"compute1": "up", "compute2": "up"})
        assert hears(pair.first)
        assert hears(pair.second)
        leader = pair.leader()
        assert leader is not None
        dead = leader if victim == "the leader" else pair.first
        left = pair.second if dead is pair.first else pair.first
        dead.kill()
        until(lambda: pair.leader() is left)
        other.process.kill()  # it is missed, although the dead observer never will miss it
        until(lambda: unreachable(left) == ["compute2"])
        before = reported(pair)
        until(lambda: reported(pair) > before)
