"""A server that asks for a report gets it at once: from an agent, and from each host of a swarm."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.agent.house import House
from tests.processes.harness import until

from hostdown.agent.runner import Runner
from hostdown.agent.swarm import Swarm
from hostdown.drivers.system_clock import SystemClock
from hostdown.storage import Storage

HOSTS = 5


@pytest.fixture
def house(store: Storage) -> House:
    return House(store)


class Beside:
    """What is started and stopped with the agent."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self) -> None:
        self.said.append("start")

    def stop(self) -> None:
        self.said.append("stop")


@contextmanager
def running(work: Runner | Swarm) -> Iterator[None]:
    thread = threading.Thread(target=work.run)
    thread.start()
    try:
        yield
    finally:
        work.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_an_agent_reports_at_once_when_it_is_hurried(house: House) -> None:
    host, beside = house.host("compute1"), Beside()
    runner = Runner(host.agent, beside)
    with running(runner):
        until(lambda: host.agent.reporting)
        for _ in range(3):
            sent = len(host.wire.sent)
            runner.hurry()
            until(lambda sent=sent: len(host.wire.sent) == sent + 1)  # type: ignore[misc] # a lambda's default
    assert beside.said == ["start", "stop"]


def test_hosts_of_a_swarm_report_at_once_when_they_are_hurried(house: House) -> None:
    hosts = [house.host(f"h{number}") for number in range(HOSTS)]
    beside = Beside()
    swarm = Swarm([host.agent for host in hosts], SystemClock(), 2, lambda _: None, beside)
    with running(swarm):
        until(lambda: all(host.agent.reporting for host in hosts))
        before = [len(host.wire.sent) for host in hosts]
        for number in (0, 3, 3):
            swarm.hurry(f"h{number}")
        until(lambda: len(hosts[0].wire.sent) > before[0] and len(hosts[3].wire.sent) > before[3])
        for host in (hosts[1], hosts[2], hosts[4]):
            assert len(host.wire.sent) == before[hosts.index(host)]
    assert beside.said == ["start", "stop"]
