"""The worlds that gabbi's files name; each file has one of its own."""

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID
from wsgiref.types import StartResponse, WSGIEnvironment

from gabbi.fixture import GabbiFixture
from tests.api.hosting import node
from tests.api.moving import LIVE, move
from tests.api.servers import ServerWorld
from tests.api.serving import server
from tests.api.world import World, open_world

from hostdown.api.app import ApiSettings, WsgiApp
from hostdown.domain.migration import Status
from hostdown.domain.quotas import Quotas

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


class Migrations(GabbiFixture):
    """Server 1 is evacuated from compute1, server 2, by hand of ann, moved live to compute2.

    Server 3 was evacuated an hour before.
    """

    def start_fixture(self) -> None:
        self._stack = ExitStack()
        self.world = world = self._stack.enter_context(open_world())
        uuids = [str(UUID(int=number)) for number in (1, 2, 3)]
        for uuid in uuids:
            server(world, uuid=uuid, host="compute1")
        before, hour = world.clock.at, timedelta(hours=1)
        done = {"status": Status.DONE, "created_at": before - hour, "updated_at": before - hour}
        at = {"source_host": "compute1", "source_node": "compute1"}
        move(world, instance=uuids[2], uuid=str(UUID(int=13)), user_id="bob", **at, **done)
        move(world, instance=uuids[0], uuid=str(UUID(int=11)), user_id="bob", **at)
        there = {"dest_host": "compute2", "dest_node": "compute2", "dest_ip": "192.0.2.2"}
        later = {"created_at": before + hour}
        live = {**LIVE, **there, **later, "progress": {"memory_total_bytes": 1048576}}
        move(world, instance=uuids[1], uuid=str(UUID(int=12)), **at, **live)
        _current.append(world)

    def stop_fixture(self) -> None:
        _current.pop()
        self._stack.close()


class Servers(GabbiFixture):
    """compute1 and compute2, whose agents have done all they were asked when a request comes.

    The image is 70a599e0-31e7-49b7-b260-868f441e862b. Each request comes a second after the last.
    """

    settings = ApiSettings()

    def start_fixture(self) -> None:
        self._stack = ExitStack()
        world = self._stack.enter_context(open_world(self.settings, kind=ServerWorld))
        assert isinstance(world, ServerWorld)
        for host in ("compute1", "compute2"):
            world.add_host(host, memory_mb=4096)
        world.add_image(id="70a599e0-31e7-49b7-b260-868f441e862b")
        inside = world.app

        def obeying(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            for host in ("compute1", "compute2"):
                world.obey(host)
            world.later(1)
            return inside(environ, start_response)

        world.app = obeying  # type: ignore[assignment] # a WSGI application around one
        _current.append(world)

    def stop_fixture(self) -> None:
        _current.pop()
        self._stack.close()


class LimitedServers(Servers):
    """The same, where a project may have little."""

    settings = ApiSettings(
        quotas=Quotas(instances=2, cores=8, metadata_items=2, server_group_members=1)
    )
