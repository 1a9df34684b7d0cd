"""Sending made-up guests between hosts of one process, as libvirt sends real ones."""

import threading
from datetime import timedelta
from typing import NamedTuple

from hostdown.domain.assignment import Failure, PowerState, Target
from hostdown.domain.guest_errors import GuestRefused
from hostdown.domain.guests import GuestSpec, Sending, Transfer
from hostdown.drivers.fake_guests import FakeGuests
from hostdown.services.ports import Clock

SEND_S = 0.2
"""How long a made-up guest is on its way."""

AT_ONCE = timedelta(0)

FakeRoads = dict[str, FakeGuests]
"""The hosts that reach each other, by what their tickets say."""


class _Job(NamedTuple):
    to: Target
    began: float
    memory: int
    failed: str | None = None


class FakePassages:
    """`agent.guests.Passages` of one host. What it sends comes with its agent to an end.

    `send_s`: how long a guest takes that does not stand still meanwhile.
    """

    def __init__(
        self, name: str, guests: FakeGuests, roads: FakeRoads, clock: Clock, send_s: float = SEND_S
    ) -> None:
        self.send_s = send_s
        self._name = name
        self._guests = guests
        self._roads = roads
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        roads[name] = guests

    def ticket(self, spec: GuestSpec) -> str:
        """See `agent.guests`."""
        self._guests.inventory()
        return self._name

    def send(self, uuid: str, to: Target) -> None:
        """See `agent.guests`."""
        self._guests.inventory()
        copy = self._guests.copy_of(uuid, to.holder)
        peer = self._roads.get(to.ticket)
        if peer is None or peer.trouble.silent is not None:
            raise GuestRefused(Failure("hypervisor", f"unable to connect to '{to.ticket}'"))
        peer.take_in(uuid, copy)
        with self._lock:
            self._jobs[uuid] = _Job(to, self._clock.monotonic(), copy.memory_mb << 20)

    def sending(self, uuid: str) -> Transfer:
        """See `agent.guests`; it gets on only while somebody looks."""
        self._guests.inventory()
        with self._lock:
            job = self._jobs.get(uuid)
            if job is None:
                return Transfer(Sending.NONE)
            found = self._look(uuid, job)
            if found.state is not Sending.GOES_ON:
                del self._jobs[uuid]
            return found

    def recall(self, uuid: str) -> None:
        """See `agent.guests`."""
        with self._lock:
            job = self._jobs.get(uuid)
            if job is not None:
                self._jobs[uuid] = job._replace(failed="operation aborted: canceled by client")

    def _look(self, uuid: str, job: _Job) -> Transfer:
        peer = self._roads[job.to.ticket]
        here = {each.uuid: each for each in self._guests.inventory()}.get(uuid)
        is_there = peer.has(uuid, job.to.holder)
        why = job.failed
        if why is None and here is None:
            why = "the guest ended on its way"
        elif why is None and not is_there:
            why = "the other side closed the connection"
        if why is not None or here is None:
            if is_there:
                peer.end(uuid, AT_ONCE)
            return Transfer(Sending.FAILED, why or "")
        done = self._clock.monotonic() - job.began
        if done < self.send_s and here.state is PowerState.RUNNING:
            return Transfer(Sending.GOES_ON, progress=_progress(job.memory, done / self.send_s))
        whole = self._guests.copy_of(uuid, job.to.holder)._replace(in_transit=False)
        self._guests.end(uuid, AT_ONCE)
        peer.take_in(uuid, whole)
        return Transfer(Sending.SENT)


def _progress(memory: int, share: float) -> dict[str, int]:
    """By Nova's names; a disk that both hosts have is not sent."""
    disk = {f"disk_{what}_bytes": 0 for what in ("processed", "remaining", "total")}
    processed = int(memory * share)
    return {
        "memory_total_bytes": memory,
        "memory_processed_bytes": processed,
        "memory_remaining_bytes": memory - processed,
        **disk,
    }
