"""Fence paths without devices, held to the same contract as the real ones; time is its caller's."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from hostdown.domain.fence_errors import FenceFailed, HostWithoutFencing
from hostdown.services.fence_ports import FenceLevel, Identity, Power, Seen


class Switch(Protocol):
    """The power of a machine; `lab.machine.Machine` and the tests' own have it."""

    @property
    def on(self) -> bool: ...
    def power_off(self) -> None: ...


class FakeFault(StrEnum):
    """As the lab's BMCs have them: `lies` says that all went well and does nothing, `dead` hears
    and never answers, `foreign` is cabled to a machine that nobody knows; and `refuses`, which has
    another password."""

    NONE = "none"
    LIES = "lies"
    DEAD = "dead"
    FOREIGN = "foreign"
    REFUSES = "refuses"


FOREIGN = Identity("f0f0f0f0-0000-4000-8000-000000000000", "FOREIGN")
"""The machine that nobody knows."""


class FakeFencePath:
    """`services.fence_ports.FencePath`.

    `wait` lets so many seconds pass. A machine that takes time to go off does so by itself. `sent`
    counts the power-offs that the device accepted.
    """

    def __init__(
        self,
        switch: Switch,
        identity: Identity,
        wait: Callable[[float], None],
        timeout_s: float = 5,
    ) -> None:
        self._switch = switch
        self._identity = identity
        self._wait = wait
        self._timeout_s = timeout_s
        self.fault = FakeFault.NONE
        self.sent = 0

    @property
    def timeout_s(self) -> float:
        return self._timeout_s

    def ready(self) -> None:
        """It needs nothing."""

    def look(self) -> Seen:
        identity = self._reached()
        on = self.fault is FakeFault.FOREIGN or self._switch.on
        return Seen(Power.ON if on else Power.OFF, *identity)

    def cut(self) -> None:
        self._reached()
        self.sent += 1
        if self.fault is FakeFault.NONE:
            self._switch.power_off()

    def _reached(self) -> Identity:
        """Raises FenceFailed."""
        match self.fault:
            case FakeFault.DEAD:
                self._wait(self._timeout_s)
                raise FenceFailed("The fake device did not answer in time.", retry=True)
            case FakeFault.REFUSES:
                raise FenceFailed("The fake device does not know this password.", retry=False)
            case FakeFault.FOREIGN:
                return FOREIGN
            case FakeFault.NONE | FakeFault.LIES:
                return self._identity


class FakeFencePaths:
    """`services.fence_ports.FencePaths` by a table, which may change."""

    def __init__(self, levels: Mapping[str, Sequence[FenceLevel]]) -> None:
        self.levels = dict(levels)
        self.unread: str | None = None

    def of(self, host: str) -> Sequence[FenceLevel]:
        if host not in self.levels:
            raise HostWithoutFencing(path="(a table)", host=host)
        return self.levels[host]

    def outdated(self) -> str | None:
        return self.unread
