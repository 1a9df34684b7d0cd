"""What a recovery needs of whoever is the Controller: our own Compute API, or a Nova."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class CloudService(NamedTuple):
    """The compute service of a host.

    `up` is None while the Controller cannot tell, as its cell does not answer; then it cannot tell
    the other two either, and they are False.
    """

    id: str
    host: str
    up: bool | None
    disabled: bool
    forced_down: bool


class CloudServer(NamedTuple):
    """A server; `task_state` is None if nothing is being done to it."""

    id: str
    metadata: Mapping[str, str]
    vm_state: str
    task_state: str | None


class CloudEvacuation(NamedTuple):
    """The record of one evacuation of a server; `destination` is None before a place was found."""

    id: str
    server: str
    destination: str | None
    status: str


class Cloud(Protocol):
    """Each call may block for some time-outs of its driver's, and raises CloudFailed."""

    def services(self) -> Sequence[CloudService]:
        """The compute services of all hosts."""
        ...

    def force_down(self, host: str) -> None:
        """Say that it is down, whatever it says itself. Again, it does nothing."""
        ...

    def clear_force_down(self, host: str) -> None:
        """Take that back.

        Raises HostNotCleared while evacuations from it go on, or it has yet to clear up after some.
        """
        ...

    def servers_on(self, host: str) -> Sequence[CloudServer]:
        """All servers of all projects that it has; fails rather than to leave one out."""
        ...

    def evacuate(self, server: str) -> None:
        """Ask for a server of a host that is down to run elsewhere; accepted is not done.

        One that ran is started there. Refused while anything is being done to it.
        """
        ...

    def evacuations_from(self, host: str) -> Sequence[CloudEvacuation]:
        """All evacuations of its servers to other hosts, those of former times as well; of a
        server the newest first.
        """
        ...
