"""The worlds that gabbi's files name; each file has one of its own."""

from contextlib import ExitStack
from datetime import timedelta

from gabbi.fixture import GabbiFixture
from tests.api.hosting import node
from tests.api.world import World, open_world

from hostdown.api.app import WsgiApp

_current: list[World] = []


def application() -> WsgiApp:
    """An application that is the one of the world open when a request comes."""
    return lambda environ, start_response: _current[-1].app(environ, start_response)


class Services(GabbiFixture):
    """compute1 reports, compute2 never has, controller runs a scheduler."""

    def start_fixture(self) -> None:
        self._stack = ExitStack()
        self.world = self._stack.enter_context(open_world())
        self.world.service("compute1", seen=timedelta(seconds=1))
        self.world.service("compute2", seen=None)
        self.world.service("controller", "nova-scheduler")
        _current.append(self.world)

    def stop_fixture(self) -> None:
        _current.pop()
        self._stack.close()


class SilentCell(Services):
    """The same, but the cell's database does not answer."""

    def start_fixture(self) -> None:
        super().start_fixture()
        self.world.silence_cell()


class Hypervisors(GabbiFixture):
    """compute1 reports and has been up for 93 days, compute2 is silent, compute3 never reported."""

    def start_fixture(self) -> None:
        self._stack = ExitStack()
        self.world = self._stack.enter_context(open_world())
        node(self.world, "compute1", vcpus_used=3, memory_mb_used=1024, local_gb_used=24)
        node(self.world, "compute2", timedelta(hours=1))
        self.world.service("compute3", seen=None)
        self.world.service("controller", "nova-scheduler")
        _current.append(self.world)

    def stop_fixture(self) -> None:
        _current.pop()
        self._stack.close()
