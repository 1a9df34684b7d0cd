"""What fencing needs from the outside: how each host's power is seen and cut (NEVER-TWICE F1-F4).

A host has levels, tried in order. A path is one level of one host: one BMC, the outlets of one PDU.
Nothing here decides or remembers; a look is evidence, and who calls makes a proof of it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol


class Power(StrEnum):
    """What a device says of a host. Whatever is not plainly Off is On."""

    ON = "on"
    OFF = "off"


class Identity(NamedTuple):
    """Which machine; None for what is not known. `uuid` in lower case with dashes."""

    uuid: str | None
    serial: str | None


class Seen(NamedTuple):
    """What a path observed at one moment, and of which machine, as far as it can tell one."""

    power: Power
    uuid: str | None
    serial: str | None


class FencePath(Protocol):
    """One level of one host. Each call may block, for `timeout_s` and hardly longer."""

    @property
    def timeout_s(self) -> float:
        """Seconds; the hard bound of each call. After it nothing more is sent."""
        ...

    def ready(self) -> None:
        """Raises FenceFailed for what is missing on this side, without asking the device."""
        ...

    def look(self) -> Seen:
        """What the device says now; raises FenceFailed."""
        ...

    def cut(self) -> None:
        """Send a hard power-off; returns once the device accepted it. Raises FenceFailed.

        Accepted is not done: look again. A host that reads Off is sent it too (F3), and that is
        no error.
        """
        ...


class FenceLevel(NamedTuple):
    """One way to fence a host.

    `path` is None for `watchdog`, which needs no device, and for `none`, which says that nothing
    can fence the host. `expects` is what the path must say it is cabled to, if that was written
    down; None for what the host's own agent said.
    """

    number: int
    driver: str
    path: FencePath | None
    expects: Identity | None


class FencePaths(Protocol):
    """How each host is fenced."""

    def of(self, host: str) -> Sequence[FenceLevel]:
        """The levels in order, numbered from 1; none where nothing is configured at all.

        Raises HostWithoutFencing, and FencingFileUnusable for a name that cannot be filled in.
        """
        ...

    def outdated(self) -> str | None:
        """Why hosts are fenced by what was configured before, not by what is now; None if not."""
        ...


class NothingFences:
    """`FencePaths` where no file is configured."""

    def of(self, host: str) -> Sequence[FenceLevel]:
        """No level."""
        return ()

    def outdated(self) -> None:
        """There is nothing to read."""


NOTHING_FENCES = NothingFences()
