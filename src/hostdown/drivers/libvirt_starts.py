"""Starts that libvirt goes on reporting and will never finish.

A libvirtd that is killed after it wrote down that it starts a guest, and before the guest has a
process, says `paused (starting up)` of it ever after: each attempt to destroy it waits 30 s for a
lock that nobody will give back, and another start of libvirtd brings the same back (seen with
libvirt 9.0; its record says `pid='0'` and `async='start'`). A daemon that lives lets nobody ask for
a guest's state until the process is there, so the answer alone nearly tells; time makes sure.

Should such a guest come to life all the same, it stands still, as every guest does that was made
and not let go (NEVER-TWICE S3), and the next look at its lease ends it (W1).
"""

import logging
import threading

from hostdown.domain.assignment import Failure
from hostdown.domain.guest_errors import GuestRefused
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.libvirt")

BROKEN_AFTER_S = 10.0
"""How long a guest without a process may be said to start before nobody waits for it any more."""

_REFUSED = Failure(
    "broken-start",
    "libvirt on this host was killed while it started this server, and says ever since that it "
    "starts it. An operator has to clear that before the server can run on this host.",
)


class BrokenStarts:
    """By uuid and libvirt's number of the guest: another start has another number."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._since: dict[str, tuple[int, float]] = {}
        self._broken: dict[str, int] = {}

    def includes(self, uuid: str, number: int) -> bool:
        """Whether this start was found to be broken."""
        with self._lock:
            return self._broken.get(uuid) == number

    def refusal(self, uuid: str) -> GuestRefused | None:
        """Why libvirt refuses another start of a guest, if an earlier one that broke off is why."""
        with self._lock:
            return GuestRefused(_REFUSED) if uuid in self._broken else None

    def is_broken(self, uuid: str, number: int) -> bool:
        """Whether it is, of a guest that is said to start now and that has no process."""
        with self._lock:
            if self._broken.get(uuid) == number:
                return True
            now = self._clock.monotonic()
            first, since = self._since.get(uuid, (number, now))
            if first != number:
                since = now
            self._since[uuid] = (number, since)
            if now - since < BROKEN_AFTER_S:
                return False
            del self._since[uuid]
            self._broken[uuid] = number
        LOG.error(
            "libvirt says of instance %s that it is starting, but nothing of it is there, and will "
            "not be. Nothing else is kept by that; the howto of libvirt says how to clear it.",
            uuid,
        )
        return True
