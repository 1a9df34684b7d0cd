"""The hypervisor that runs guests, as an agent needs it.

It keeps no list of its own and takes no decision. Who calls holds the instance's lock; calls for
different guests may run side by side. Every method comes back within a limit of the driver's:
HypervisorSilent says that what was asked may have happened, or happen yet.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from hostdown.domain.assignment import Target
from hostdown.domain.guests import Guest, GuestSpec, Sending, Transfer

__all__ = [
    "Guest",
    "GuestEvents",
    "GuestSpec",
    "Guests",
    "Passages",
    "Sending",
    "Transfer",
]


class Guests(Protocol):
    """What runs the guests of one host. Every method raises HypervisorSilent."""

    def inventory(self) -> Sequence[Guest]:
        """All guests of ours; those that others made are left out and never touched."""
        ...

    def create(self, spec: GuestSpec) -> None:
        """Make a guest that is paused: it writes nothing before `go` (NEVER-TWICE S3).

        It is gone for good when it ends: nothing ever starts it again by itself. Raises
        ImageLocked, GuestRefused (also where a guest of this uuid is there).
        """
        ...

    def go(self, uuid: str) -> None:
        """Let it run, if it does not. Raises GuestUnknown, GuestRefused."""
        ...

    def pause(self, uuid: str) -> None:
        """Let it stand still, if it does not. Raises GuestUnknown, GuestRefused."""
        ...

    def save(self, uuid: str, path: Path) -> None:
        """Write its memory to `path` and end it; its process is gone then.

        It does not run again before `create` with `saved`. What was at `path` is replaced. Raises
        GuestUnknown, GuestRefused (it is there as before), NotGone.
        """
        ...

    def end(self, uuid: str, grace: timedelta) -> None:
        """Ask it to shut down, wait for up to `grace`, then kill it; no grace: kill it at once.

        Back once its process is gone and its lock free, at once where there is none. It needs no
        answering hypervisor as long as the process can be seen. Raises NotGone.
        """
        ...


class Passages(Protocol):
    """Sends guests to other hosts while they run (NEVER-TWICE M1). All raise HypervisorSilent.

    A sending lives no longer than who asked for it: a guest that is neither here nor there when an
    agent dies goes on where it was.
    """

    def ticket(self, spec: GuestSpec) -> str:
        """What this guest's sender has to know, so that it can be made here; nothing is made yet.

        Raises GuestRefused.
        """
        ...

    def send(self, uuid: str, to: Target) -> None:
        """Begin to send a guest, which goes on here meanwhile; back at once.

        There it is made for `to.holder`, and stands still to the end, and after it. Raises
        GuestUnknown, GuestRefused.
        """
        ...

    def sending(self, uuid: str) -> Transfer:
        """How that stands; what an agent before this one began is ended, and told as `NONE`."""
        ...

    def recall(self, uuid: str) -> None:
        """End it, if that can still be; `sending` tells whether it could."""
        ...


class GuestEvents(Protocol):
    """Tells that something happened to a guest."""

    def watch(self, callback: Callable[[], None]) -> None:
        """Call it, from a thread of the driver's, after guests changed: started, stopped, died.

        Also when the hypervisor fell silent or is back. It says nothing more than "look now", may
        be called for nothing, and must return at once. One callback at a time; a new one replaces
        the old one.
        """
        ...
