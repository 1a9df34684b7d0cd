"""Fence devices of the simulated world, and who talks to them: each call takes its time."""

from collections.abc import Callable
from typing import Protocol

from tests.scenarios.traps import Moment, Traps
from tests.scenarios.world import Group, World

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.fake import FakeFault, FakeFencePath, Switch
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import Identity, Power, Seen

AT_ONCE_MAX = 16
TIMEOUT_S = 5.0


class Powered(Protocol):
    """What has a switch."""

    name: str
    is_on: bool

    def lose_power(self) -> None: ...
    def power_on(self) -> None: ...


def identity(host: str) -> Identity:
    """Of the machine of that name."""
    number = int.from_bytes(host.encode()[-6:], "big")
    return Identity(f"00000000-0000-4000-8000-{number:012x}", f"serial of {host}")


class SimSwitch:
    """The power of a machine, that takes `slow_s` to go off."""

    def __init__(self, world: World, machine: Powered, went: Callable[[str], None]) -> None:
        self.slow_s = 0.0
        self.reads_off = False
        """Its machine sleeps, and goes on later."""
        self._world = world
        self._machine = machine
        self._went = went

    @property
    def on(self) -> bool:
        return self._machine.is_on and not self.reads_off

    def power_off(self) -> None:
        if not self.on:
            return
        if self.slow_s:
            self._world.spawn(Group("a machine"), "goes off", self._later)
        else:
            self._off()

    def _later(self) -> None:
        self._world.sleep(self.slow_s)
        self._off()

    def _off(self) -> None:
        if self.on:
            self._went(self._machine.name)
            self._machine.lose_power()


class SimOutlets:
    """A PDU's, of one machine with two power supplies. The second one takes a power-off, and goes
    on."""

    def __init__(self) -> None:
        self._is_on = [True, True]

    @property
    def on(self) -> bool:
        return any(self._is_on)

    def power_off(self) -> None:
        self._is_on[0] = False


class Spare:
    """A machine that does nothing here."""

    def __init__(self) -> None:
        self.name = "another machine"
        self.is_on = True

    def lose_power(self) -> None:
        self.is_on = False

    def power_on(self) -> None:
        self.is_on = True


class SimBmc(FakeFencePath):
    """A fake path that tells of what it accepted. `answers_after_s`: how slow it is itself."""

    def __init__(
        self, world: World, host: str, switch: Switch, accepted: Callable[[str], None]
    ) -> None:
        super().__init__(switch, identity(host), world.sleep, TIMEOUT_S)
        self.answers_after_s = 0.0
        self._world = world
        self._host = host
        self._accepted = accepted

    def heal(self) -> None:
        self.fault, self.answers_after_s = FakeFault.NONE, 0.0
        self._identity = identity(self._host)

    def name_nobody(self) -> None:
        """It is a PDU, which knows of no machine."""
        self._identity = Identity(None, None)

    def wire_to(self, switch: Switch) -> None:
        """It switches another machine, and says that it is this one."""
        self._switch = switch

    def look(self) -> Seen:
        self._take_time()
        return super().look()

    def cut(self) -> None:
        self._take_time()
        before = self.sent
        super().cut()
        if self.sent > before:
            self._accepted(self._host)

    def _take_time(self) -> None:
        """Raises FenceFailed if that is too long."""
        self._world.step()
        self._world.sleep(min(self.answers_after_s, TIMEOUT_S))
        if self.answers_after_s >= TIMEOUT_S:
            raise FenceFailed("The device did not answer in time.", retry=True)


class SimCrew:
    """`FenceCrew` of one server's process."""

    def __init__(
        self, world: World, group: Group, traps: Traps, host_of: Callable[[int], str]
    ) -> None:
        self._world = world
        self._group = group
        self._traps = traps
        self._host_of = host_of
        self._busy: dict[int, bool] = {}
        self._done: list[Reached] = []

    def is_free(self, recovery: int) -> bool:
        return recovery not in self._busy and len(self._busy) < AT_ONCE_MAX

    def begin(self, recovery: int, work: Callable[[], Reached], is_urgent: bool = True) -> bool:
        calm = sum(not urgent for urgent in self._busy.values())
        if not self.is_free(recovery) or not (is_urgent or 2 * (calm + 1) <= AT_ONCE_MAX):
            return False
        self._busy[recovery] = is_urgent
        self._world.spawn(self._group, f"fence {recovery}", lambda: self._work(recovery, work))
        return True

    def results(self) -> list[Reached]:
        done, self._done = self._done, []
        return done

    def _work(self, recovery: int, work: Callable[[], Reached]) -> None:
        if work.func.__name__ == "cut_and_look":  # type: ignore[attr-defined] # a partial
            self._traps.spring(self._host_of(recovery), Moment.CUT)
        self._world.step()
        reached = work()
        off = reached.seen is not None and reached.seen.power is Power.OFF
        if off and reached.cut:
            self._traps.spring(self._host_of(recovery), Moment.SEEN)
        self._world.step()
        self._done.append(reached)
        del self._busy[recovery]
