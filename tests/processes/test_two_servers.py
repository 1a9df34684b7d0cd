"""Two servers on one PostgreSQL: one dies, the other leads, hears all hosts and is reported to.

The leader's death is that of a process here; that of its host is in tests/lab.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.agent.test_processes import agent, hosts
from tests.processes.harness import Server, until
from tests.processes.pair import Pair, two_servers
from tests.processes.test_observer import counts
from tests.processes.test_unreachable import unreachable

from hostdown.domain.model import COMPUTE

SOON: dict[str, object] = {"report_interval": 0.5, "service_down_time": 300}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with two_servers(tmp_path, SOON) as made:
        yield made


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
        left = pair.other(dead)
        dead.kill()
        until(lambda: pair.leader() is left)
        other.process.kill()  # it is missed, although the dead observer never will miss it
        until(lambda: unreachable(left) == ["compute2"])
        before = reported(pair)
        until(lambda: reported(pair) > before)
