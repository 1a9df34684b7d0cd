"""Guests that are sent from one simulated host to another while they run."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tests.scenarios.guests import Copy, SimGuests
from tests.scenarios.world import World

from hostdown.agent.guests import GuestSpec, Sending, Transfer
from hostdown.domain.assignment import Failure, Target
from hostdown.domain.guest_errors import GuestRefused

if TYPE_CHECKING:
    from tests.scenarios.hosts import SimHost

SEND_S = 3.0
"""How long a guest is on its way."""


class _Job(NamedTuple):
    to: Target
    due: float
    failed: str = ""


class SimPassages:
    """`agent.guests.Passages` of one agent: what it sends ends with it.

    `host` is its own, `peers` all by their names, which are what tickets say.
    """

    def __init__(
        self, world: World, host: "SimHost", peers: "Callable[[], dict[str, SimHost]]"
    ) -> None:
        self._world = world
        self._host = host
        self._peers = peers
        self._jobs: dict[str, _Job] = {}

    def ticket(self, spec: GuestSpec) -> str:
        self._guests.inventory()
        return self._host.name

    def send(self, uuid: str, to: Target) -> None:
        here = self._guests
        here.inventory()
        there = self._there(to)
        if there is None:
            raise GuestRefused(Failure("hypervisor", "the other host does not answer"))
        there.take_in(uuid, here.fake.copy_of(uuid, to.holder), Copy(to.holder, ""))
        self._jobs[uuid] = _Job(to, self._world.seconds + self._host.send_s + self._world.hurry())

    def sending(self, uuid: str) -> Transfer:
        here = self._guests
        here.inventory()
        job = self._jobs.get(uuid)
        if job is None:
            return Transfer(Sending.NONE)
        there = self._there(job.to)
        why = job.failed
        if uuid not in here.copies:
            why = why or "the guest ended"
        if there is None or not there.fake.has(uuid, job.to.holder):
            why = why or "the connection broke"
        if why:
            del self._jobs[uuid]
            if there is not None and there.fake.has(uuid, job.to.holder):
                there.drop_copy(uuid)
            return Transfer(Sending.FAILED, why)
        if self._world.seconds < job.due and uuid in here.running:
            return Transfer(Sending.GOES_ON, progress={"memory_total_bytes": 8})
        assert there is not None
        return self._finish(uuid, job, here, there)

    def recall(self, uuid: str) -> None:
        job = self._jobs.get(uuid)
        if job is not None:
            self._jobs[uuid] = job._replace(failed="it was recalled")

    def _finish(self, uuid: str, job: _Job, here: SimGuests, there: SimGuests) -> Transfer:
        """It stands still here, is whole there, and then gone here; an agent may die between."""
        ran = here.stand_still(uuid)
        self._world.step()
        if not there.fake.has(uuid, job.to.holder):
            del self._jobs[uuid]
            if ran:
                here.go(uuid)
            return Transfer(Sending.FAILED, "the connection broke")
        mine = here.copies[uuid]
        whole = here.fake.copy_of(uuid, job.to.holder)._replace(in_transit=False)
        there.take_in(uuid, whole, mine._replace(holder=job.to.holder))
        self._world.step()
        here.leave(uuid)
        del self._jobs[uuid]
        return Transfer(Sending.SENT)

    @property
    def _guests(self) -> SimGuests:
        assert self._host.guests is not None
        return self._host.guests

    def _there(self, to: Target) -> SimGuests | None:
        """None where nothing comes through."""
        peer = self._peers()[to.ticket]
        broken = peer.link.is_cut or self._host.link.is_cut or peer.is_frozen
        return None if broken or not peer.is_on or peer.silent else peer.guests
