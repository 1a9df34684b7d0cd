"""The supervisor: starts processes, starts them anew when they die, replaces and ends them.

One thread, no lock, pool or connection: everything that can fail lives in children. It sleeps until
a signal arrives, a child speaks, or something is due, and never long: it listens for signs of life.
"""

import logging
import selectors
import signal
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hostdown.config import ConfigInvalid, Settings
from hostdown.server import notify
from hostdown.server.child import WATCHED, Ready, StartFailed
from hostdown.server.family import TURN_MAX_S, Child, Family
from hostdown.server.slots import Kind, Slot

LOG = logging.getLogger(__name__)


class Plan(NamedTuple):
    """What the supervisor is for, from `hostdown serve`.

    `prepare` runs in a child before all others; `reload` reads the configuration again (raises
    ConfigInvalid); `release` closes, in a child, what only the parent holds; `started` is called
    once, when everything is ready for the first time.
    """

    kinds: Sequence[Kind]
    prepare: Callable[[Settings], None]
    reload: Callable[[], Settings]
    release: Callable[[], None]
    started: Callable[[Settings], None]
    monotonic: Callable[[], float]


class Supervisor:
    """Runs the processes of a plan until told to stop."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self._settings = self._proven = settings
        self._plan = plan
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._wakeup_end = socket.socketpair()
        self._family = Family(self._selector, self._let_go, plan.monotonic)
        self._watchdog = notify.Watchdog()
        self._preparing: Child | None = None
        self._slots: list[Slot] = []
        self._to_replace: deque[Slot] = deque()
        self._reload_asked = False
        self._was_ready = False
        self._stopping = False
        self._failure = ""

    def run(self) -> int:
        """Returns the exit status: 0 after a stop that was asked for; raises StartFailed."""
        self._watch_signals()
        self._preparing = self._family.spawn("prepare", self._prepare)
        while self._preparing or self._slots or self._family.leaving:
            self._turn()
        if self._failure:
            raise StartFailed(self._failure)
        return 0

    def _turn(self) -> None:
        """One round: what is due, then sleep, then what happened."""
        now = self._plan.monotonic()
        for slot in self._slots:
            if slot.child is None and slot.due <= now:
                slot.child = self._spawn_for(slot)
        self._family.kill_overdue()
        self._watchdog.tell(now)
        for key, _ in self._selector.select(self._pause()):
            key.data(key.fd)
        slept_s = self._plan.monotonic() - now
        self._family.kill_silent(slept_s, self._settings.server.worker_timeout.total_seconds())
        for pid, how in self._family.buried():
            self._on_death(pid, how)
        self._take_over()
        self._replace_next()

    def _pause(self) -> float:
        """Seconds until something is due, or a look at everybody is."""
        due = [slot.due for slot in self._slots if slot.child is None] + self._family.due()
        until_due = min(due, default=float("inf")) - self._plan.monotonic()
        return min(max(until_due, 0.0), TURN_MAX_S)

    # ------------------------------------------------------------------------ signals and the end

    def _watch_signals(self) -> None:
        for end in (self._wakeup, self._wakeup_end):
            end.setblocking(False)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._on_wakeup)
        signal.set_wakeup_fd(self._wakeup_end.fileno(), warn_on_full_buffer=False)
        for number in WATCHED:
            signal.signal(number, lambda *_: None)

    def _on_wakeup(self, _fd: int) -> None:
        for number in self._wakeup.recv(4096):
            if number in (signal.SIGTERM, signal.SIGINT):
                self._on_stop(number)
            elif number == signal.SIGHUP and self._was_ready and not self._stopping:
                self._reload_asked = True

    def _on_stop(self, number: int) -> None:
        if self._stopping:
            LOG.warning("Told to stop a second time: what still runs is killed")
            self._family.kill_leaving()
        else:
            LOG.info("%s: requests get %g s to end", signal.Signals(number).name, self._drain_s)
            self._stop()

    def _stop(self) -> None:
        notify.tell("STOPPING=1")
        self._stopping = True
        self._to_replace.clear()
        everybody = [child for slot in self._slots for child in (slot.child, slot.successor)]
        for child in [*everybody, self._preparing]:
            if child is not None:
                self._family.end(child, signal.SIGTERM, self._drain_s)
        self._slots = []
        self._preparing = None

    @property
    def _drain_s(self) -> float:
        return self._settings.server.drain_timeout.total_seconds()

    # ----------------------------------------------------------------------------------- children

    def _wanted_slots(self) -> list[Slot]:
        counts = [(kind, kind.count(self._settings)) for kind in self._plan.kinds]
        return [Slot(kind, index) for kind, count in counts for index in range(count)]

    def _spawn_for(self, slot: Slot) -> Child:
        settings = self._settings
        return self._family.spawn(
            slot.name, lambda ready: slot.kind.run(settings, slot.index, ready)
        )

    def _prepare(self, ready: Ready) -> int:
        self._plan.prepare(self._settings)
        ready()
        return 0

    def _let_go(self) -> None:
        """In a child: close what the parent waits on, and what only it may hold."""
        self._selector.close()
        self._wakeup.close()
        self._wakeup_end.close()
        self._plan.release()

    def _on_death(self, pid: int, how: str) -> None:
        if self._preparing is not None and self._preparing.pid == pid:
            self._on_prepared(self._preparing, how)
        for slot in list(self._slots):
            if slot.successor is not None and slot.successor.pid == pid:
                self._give_up_reload(slot, slot.successor, how)
            elif slot.child is not None and slot.child.pid == pid:
                self._on_worker_death(slot, slot.child, how)

    def _on_prepared(self, child: Child, how: str) -> None:
        self._preparing = None
        if child.ready:
            self._slots = self._wanted_slots()
        else:
            self._failure = child.error or f"The process that prepares the database {how}."

    def _on_worker_death(self, slot: Slot, child: Child, how: str) -> None:
        slot.child, slot.successor = slot.successor, None
        if child.ready:
            LOG.warning("%s (pid %d) %s; it is started anew", child.name, child.pid, how)
            slot.due = self._plan.monotonic()
        elif self._was_ready:
            wait = slot.failed(self._plan.monotonic())
            why = child.error or how
            LOG.error("%s could not start: %s; tried again in %g s", child.name, why, wait)
        else:
            self._failure = child.error or f"{child.name} could not start: it {how}."
            self._stop()

    # ----------------------------------------------------------------------------- ready, reload

    def _take_over(self) -> None:
        for slot in self._slots:
            if slot.successor is not None and slot.successor.ready:
                self._retire(slot.child)
                slot.child, slot.successor = slot.successor, None
                self._tell_if_replaced()
            if slot.child is not None and slot.child.ready:
                slot.failures = 0
        if not self._was_ready and self._slots and all(_serves(slot) for slot in self._slots):
            self._was_ready = True
            notify.tell("READY=1")
            self._plan.started(self._settings)

    def _tell_if_replaced(self) -> None:
        if not self._to_replace:
            LOG.info("All processes run with the new configuration")
            notify.tell("READY=1")

    def _retire(self, child: Child | None) -> None:
        if child is not None:
            self._family.end(child, signal.SIGUSR2, self._drain_s)

    def _replace_next(self) -> None:
        """Replace one process at a time, and never during another replacement."""
        if any(slot.successor is not None for slot in self._slots):
            return
        if self._to_replace:
            slot = self._to_replace.popleft()
            slot.successor = self._spawn_for(slot)
        elif self._reload_asked:
            self._reload_asked = False
            self._begin_reload()

    def _begin_reload(self) -> None:
        notify.tell(f"RELOADING=1\nMONOTONIC_USEC={int(self._plan.monotonic() * 1_000_000)}")
        try:
            settings = self._plan.reload()
        except ConfigInvalid as error:
            LOG.error("The server goes on with the configuration it has. %s", error)
            notify.tell("READY=1")
            return
        LOG.info("The configuration was read again; processes are replaced one after another")
        self._proven, self._settings = self._settings, settings
        have = {slot.key: slot for slot in self._slots}
        self._slots = [have.pop(slot.key, slot) for slot in self._wanted_slots()]
        for slot in have.values():
            self._retire(slot.child)
        self._to_replace = deque(slot for slot in self._slots if slot.child is not None)
        self._replace_next()

    def _give_up_reload(self, slot: Slot, successor: Child, how: str) -> None:
        """The processes there are go on; one that dies later is started as they were."""
        slot.successor = None
        self._to_replace.clear()
        self._settings = self._proven
        LOG.error(
            "The new configuration was not taken over, because %s could not start with it: %s",
            successor.name,
            successor.error or how,
        )
        notify.tell("READY=1")


def _serves(slot: Slot) -> bool:
    return slot.child is not None and slot.child.ready
