"""What everything promises that sends guests while they run (agent/guests.py): made-up, libvirt."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.guests.conftest import daemon, other_daemon
from tests.guests.worlds import HOLDER, FakeWorld, LibvirtWorld, World
from tests.processes.harness import until

from hostdown.agent.guest_errors import GuestRefused, GuestUnknown
from hostdown.agent.guests import Guest, GuestSpec, Passages, Sending, Transfer
from hostdown.domain.assignment import PowerState, Target
from hostdown.drivers.fake_guests import FakeGuests
from hostdown.drivers.fake_passages import FakePassages, FakeRoads
from hostdown.drivers.system_clock import SystemClock

__all__ = ["daemon", "other_daemon"]

THERE = HOLDER._replace(generation=4, host="another host")
AT_ONCE = timedelta(0)
ADDRESS = "127.0.0.1"
SLOW_S = 600.0


class Side(NamedTuple):
    world: World
    passages: Passages


class Pair(NamedTuple):
    """Two hosts with one pool. `slow` lets a guest take long to be sent, where that can be had."""

    here: Side
    there: Side
    slow: "AbstractContextManager[None]"

    def send(self, spec: GuestSpec, **changes: object) -> None:
        ticket = self.there.passages.ticket(spec._replace(holder=THERE))
        target = Target(THERE, ADDRESS, ticket, hurry=False)
        self.here.passages.send(spec.uuid, target._replace(**changes))  # type: ignore[arg-type] # facts

    def ended(self, spec: GuestSpec) -> Transfer:
        found: list[Transfer] = []

        def look() -> bool:
            found.append(self.here.passages.sending(spec.uuid))
            return found[-1].state is not Sending.GOES_ON

        until(look, 30)
        return found[-1]


def guests_of(side: Side) -> list[Guest]:
    return list(side.world.guests.inventory())


def fakes(path: Path) -> Pair:
    roads: FakeRoads = {}
    storage: dict[str, str] = {}
    sides = []
    for name in ("here", "there"):
        world = FakeWorld(path / name, None)
        fake = world.guests
        assert isinstance(fake, FakeGuests)
        fake._storage = storage
        sides.append(Side(world, FakePassages(name, fake, roads, SystemClock())))
    passages = sides[0].passages
    assert isinstance(passages, FakePassages)

    @contextmanager
    def slow() -> Iterator[None]:
        passages.send_s = SLOW_S
        yield

    return Pair(*sides, slow())


def libvirts(path: Path, request: pytest.FixtureRequest) -> Pair:
    from hostdown.drivers.libvirt_passages import LibvirtPassages, Ways  # not on every machine

    daemons = [request.getfixturevalue(name) for name in ("daemon", "other_daemon")]
    uris = [each.uri for each in daemons]
    sides = []
    for name, each in zip(("here", "there"), daemons, strict=True):
        world = LibvirtWorld(path / name, each)
        ways = Ways(uris[1], tls=False)
        sides.append(Side(world, LibvirtPassages(world.link, None, ways)))

    return Pair(*sides, nullcontext())


@pytest.fixture(params=["fake", "qemu"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    made = fakes(tmp_path) if request.param == "fake" else libvirts(tmp_path, request)
    yield made
    made.there.world.close()
    made.here.world.close()


def running(pair: Pair) -> GuestSpec:
    world = pair.here.world
    spec = world.spec()
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    until(lambda: world.count(spec) > 0)
    return spec


def test_a_guest_arrives_whole_and_stands_still_until_it_is_let(pair: Pair) -> None:
    spec = running(pair)
    pair.send(spec)
    assert pair.ended(spec).state is Sending.SENT
    assert guests_of(pair.here) == []
    assert pair.here.world.processes(spec) == pair.there.world.processes(spec)
    assert guests_of(pair.there) == [Guest(spec.uuid, THERE, PowerState.PAUSED, False)]
    before = pair.there.world.count(spec)
    pair.there.world.guests.go(spec.uuid)
    until(lambda: pair.there.world.count(spec) > before)
    assert pair.here.passages.sending(spec.uuid) == Transfer(Sending.NONE)


def test_a_guest_that_stands_still_is_sent_so(pair: Pair) -> None:
    spec = running(pair)
    pair.here.world.guests.pause(spec.uuid)
    pair.send(spec)
    assert pair.ended(spec).state is Sending.SENT
    assert guests_of(pair.there) == [Guest(spec.uuid, THERE, PowerState.PAUSED, False)]


def test_a_guest_goes_on_here_if_the_other_one_dies(pair: Pair) -> None:
    spec = running(pair)
    with pair.slow:
        pair.send(spec)
        until(lambda: bool(guests_of(pair.there)))
        pair.there.world.guests.end(spec.uuid, AT_ONCE)
        found = pair.ended(spec)
    if found.state is Sending.SENT:
        pytest.skip("it was there before it could be killed")
    assert found.state is Sending.FAILED
    assert found.reason
    until(lambda: guests_of(pair.here) == [Guest(spec.uuid, HOLDER, PowerState.RUNNING, False)])


def test_a_guest_that_ends_on_its_way_is_nowhere(pair: Pair) -> None:
    spec = running(pair)
    with pair.slow:
        pair.send(spec)
        pair.here.world.guests.end(spec.uuid, AT_ONCE)
        found = pair.ended(spec)
    assert found.state is Sending.FAILED
    until(lambda: guests_of(pair.there) == [])


def test_what_is_not_there_is_not_sent(pair: Pair) -> None:
    spec = pair.here.world.spec()
    with pytest.raises(GuestUnknown):
        pair.send(spec)
    assert pair.here.passages.sending(spec.uuid) == Transfer(Sending.NONE)
    pair.here.passages.recall(spec.uuid)


def test_nothing_is_sent_by_a_ticket_that_means_nothing(pair: Pair) -> None:
    spec = running(pair)
    with pytest.raises(GuestRefused):
        pair.send(spec, ticket="x")
    assert guests_of(pair.here) == [Guest(spec.uuid, HOLDER, PowerState.RUNNING, False)]


def test_a_guest_that_is_recalled_goes_on_here(pair: Pair) -> None:
    spec = running(pair)
    with pair.slow:
        pair.send(spec)
        pair.here.passages.recall(spec.uuid)
        found = pair.ended(spec)
    if found.state is Sending.SENT:
        pytest.skip("it was there before it could be recalled")
    assert found.state is Sending.FAILED
    until(lambda: guests_of(pair.there) == [])
    assert guests_of(pair.here) == [Guest(spec.uuid, HOLDER, PowerState.RUNNING, False)]
