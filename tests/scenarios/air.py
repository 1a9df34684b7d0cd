"""Pulses of the simulated world: what hosts send each moment, and what observers make of it.

One event sends what all hosts send at that moment. What arrives at a server waits there until its
observer reads it, as in the buffer of a socket.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tests.scenarios.wire import Link
from tests.scenarios.world import Group, World

from hostdown.agent.pulsed import REPORT_NOW_FIRST_S
from hostdown.agent.pulser import REPORT_NOW_MAX_S, UNANSWERED_MIN
from hostdown.agent.pulses import Pulsing
from hostdown.domain.errors import HostdownError
from hostdown.domain.model import HostRecord
from hostdown.domain.pulse import (
    EPOCH_BYTES,
    FAREWELL,
    PETTER,
    Pulse,
    boot_tag,
    host_bytes,
    keys,
    nonce_of,
    pack_pulse,
)
from hostdown.domain.sight import Preset, patience
from hostdown.services.host_cache import HostCache
from hostdown.services.lookout import NS, Hearing, Lookout
from hostdown.services.observers import Ear, PulseOffer
from hostdown.services.ports import Cells, Clock
from hostdown.services.pulses import PulseBook
from hostdown.services.suspects import QUIET_INTERVALS, Suspects
from hostdown.services.watchdog_grants import WatchdogGrants
from hostdown.storage import Storage

if TYPE_CHECKING:
    from tests.scenarios.servers import SimServer

PORT = 8775
QUIET_S = QUIET_INTERVALS * 10.0
LOOK_S = 0.2
"""Between two looks of an observer."""
MARKS_EVERY_S = 0.2
"""How often an observer looks who gets no grants."""
HOSTS_EVERY_S = 0.5
"""How late an observer may know a session that began."""


Reply = Callable[[bytes], None]


def nobody(_answer: bytes) -> None:
    """Answers to pulses tell nothing here that is not told otherwise."""


class Said(NamedTuple):
    """Who pulses: a host in one session of one boot."""

    id: str
    secret: bytes
    session: int
    boot_id: str


class Answers:
    """Of a host: whose pulses are not answered any more, reports, ever more rarely."""

    def __init__(self, report: Callable[[], object]) -> None:
        self._report = report
        self._missing = 0
        self._quiet_s = REPORT_NOW_FIRST_S
        self._quiet_until = 0.0

    def came(self) -> None:
        self._missing, self._quiet_s, self._quiet_until = 0, REPORT_NOW_FIRST_S, 0.0

    def miss(self, now: float) -> None:
        self._missing += 1
        if self._missing > UNANSWERED_MIN and now >= self._quiet_until:
            self._quiet_until = now + self._quiet_s
            self._quiet_s = min(2 * self._quiet_s, REPORT_NOW_MAX_S)
            self._report()


class Voice(Protocol):
    """A host as the air knows it."""

    link: Link
    answers: Answers

    @property
    def said(self) -> Said | None:
        """None while it does not pulse."""
        ...


class AgentPulses:
    """`agent.pulses.Pulses` of one agent: it only keeps that pulses are wanted."""

    def __init__(self) -> None:
        self.wanted: Pulsing | None = None

    def go_on(self, pulsing: Pulsing) -> None:
        self.wanted = pulsing

    def end(self, name: str) -> None:
        del name
        self.wanted = None

    def known(self, name: str, version: int) -> None:
        """Nothing: nobody is told of other work by answers to pulses."""


class SimObserver:
    """One server's. What reads and looks is an actor of the server's process."""

    def __init__(
        self,
        world: World,
        name: str,
        storage: Storage,
        cells: Cells,
        interval: timedelta,
        clock: Clock,
    ) -> None:
        self.epoch = os.urandom(EPOCH_BYTES)
        self.inbox: dict[tuple[bytes, int], tuple[bytes, int, Reply]] = {}
        """The newest pulse of each host and path, when it came, and who hears the answer."""
        self._world = world
        self._interval = interval
        self._grants = WatchdogGrants(cells, world.monotonic)
        self._book = PulseBook(self.epoch, clock, self._grants.allow)
        self._hosts = HostCache(storage.directory, storage.cells, self._book.learn)
        self._hearing = Hearing()
        how_long = patience(Preset.LAN, interval)
        self._suspects = Suspects(cells.all()[0], self._book, clock, QUIET_S)
        book, hearing = self._book, self._hearing
        self._lookout = Lookout(
            name, cells.all()[0], book, hearing, how_long, clock, self._suspects
        )

    def offer(self, record: HostRecord) -> PulseOffer:
        """What a host is told."""
        nonce = nonce_of(record.secret, self.epoch, record.session, record.boot_id)
        return PulseOffer(self._interval, (Ear(("simulated",), PORT, nonce),))

    def live(self) -> None:
        """Its work, for ever."""
        self._hearing.begin(self._now_ns, 0)
        due = 0.0
        while True:
            with suppress(HostdownError):
                if self._world.seconds >= due:
                    due = self._world.seconds + HOSTS_EVERY_S
                    self._hosts.refresh_records()
                    self._suspects.look()
                self._read()
                self._lookout.turn()
            self._world.sleep(LOOK_S)

    def look_at_marks(self) -> None:
        """For ever; only where somebody asks for grants."""
        while True:
            with suppress(HostdownError):
                self._grants.look()
            self._world.sleep(MARKS_EVERY_S)

    def _read(self) -> None:
        inbox, self.inbox = self.inbox, {}
        now_ns = self._now_ns
        for datagram, heard_ns, reply in inbox.values():
            answer = self._book.take(datagram, heard_ns, now_ns)
            if answer is not None:
                reply(answer)
        self._hearing.read(now_ns, 0)

    @property
    def _now_ns(self) -> int:
        return round(self._world.seconds * NS)


class Air:
    """Between hosts and observers."""

    def __init__(
        self,
        world: World,
        interval: timedelta,
        voices: Callable[[], Iterable[Voice]],
        servers: "Callable[[], list[SimServer]]",
    ) -> None:
        self.interval = interval
        self._world = world
        self._voices = voices
        self._servers = servers
        self._sequence = 0
        self._known: dict[tuple[Said, bytes], tuple[bytes, bytes, bytes, Callable]] = {}
        world.spawn(Group("air"), "pulses", self._go_on)

    def _go_on(self) -> None:
        while True:
            for voice in self._voices():
                said = voice.said
                if said is None:
                    continue
                if not voice.link.loses_pulses() and self.send(said):
                    voice.answers.came()
                else:
                    voice.answers.miss(self._world.seconds)
            self._world.sleep(self.interval.total_seconds())

    def send(self, said: Said, path: int = 0) -> bool:
        """One pulse to the observer of each server that it reaches; whether one answers."""
        self._sequence += 1
        answers = False
        for server in self._servers():
            observer = server.observer
            if observer is not None:
                at = round(self._world.seconds * NS)
                packed = self._packed(said, observer, path)
                observer.inbox[said.id.encode(), path] = packed, at, nobody
                answers |= not server.group.stopped
        return answers

    def ask(self, host_id: str, datagram: bytes, reply: Reply) -> None:
        """What a petter sends, to the observer of each server."""
        for server in self._servers():
            if server.observer is not None:
                at = round(self._world.seconds * NS)
                server.observer.inbox[host_id.encode(), PETTER] = datagram, at, reply

    def say_farewell(self, voice: Voice) -> None:
        """No more pulses come, and that is no silence."""
        if voice.said is not None:
            self.send(voice.said, FAREWELL)

    def _packed(self, said: Said, observer: SimObserver, path: int) -> bytes:
        known = self._known.get((said, observer.epoch))
        if known is None:
            nonce = nonce_of(said.secret, observer.epoch, said.session, said.boot_id)
            signing = keys(said.secret).pulse
            known = host_bytes(said.id), boot_tag(said.boot_id), nonce, signing
            self._known[said, observer.epoch] = known
        key, tag, nonce, signing = known
        return pack_pulse(Pulse(key, path, tag, self._sequence, 0, nonce), signing)
