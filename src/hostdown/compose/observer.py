"""The parts of an observer."""

import secrets
import threading

from hostdown.compose.parts import LOOK_HOSTS, LOOK_VERSIONS, Job, ObserverParts
from hostdown.compose.start import database_settings
from hostdown.config import Settings
from hostdown.domain.pulse import EPOCH_BYTES
from hostdown.domain.sight import Preset, patience
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.assignment_versions import CellVersions
from hostdown.services.host_cache import HostCache
from hostdown.services.lookout import FIRST, Hearing, Lookout
from hostdown.services.observer_ports import Observer, Versions
from hostdown.services.observers import Announcement, VersionLook
from hostdown.services.pulses import PulseBook
from hostdown.services.refusals import write_refusals
from hostdown.services.suspects import QUIET_INTERVALS, Suspects
from hostdown.services.watchdog_grants import WatchdogGrants
from hostdown.storage import Storage, open_storage

HOSTS_EVERY_S = 0.5
"""How late an observer may know a host that was enrolled, began a session, or was deleted."""
PULSE_LOOK_EVERY_S = 0.1
"""How late an observer may know that a host was given other work, if nobody tells it."""
PLACE_EVERY_S = 0.5
"""How often an observer sees whether it still stands in the directory."""
SIGHT_EVERY_S = 0.025
"""How late an observer may see that a host is silent, or back."""
SUSPECTS_EVERY_S = 0.5
"""How late an observer may know what others say of hosts."""
MARKS_EVERY_S = 0.2
"""How late an observer may know who gets no grants; well within `domain.watchdog.GRANTS_END_S`."""
REFUSALS_EVERY_S = 1.0
"""How often counts of refused pulses are written."""


def versions(storage: Storage) -> Versions:
    """Whose assignments changed."""
    return CellVersions(storage.cells)


def observer(settings: Settings, port: int) -> ObserverParts:
    """The parts of the observer that hears on `port`; raises HostdownError if it cannot start."""
    storage = open_storage(database_settings(settings))
    clock = SystemClock()
    epoch = secrets.token_bytes(EPOCH_BYTES)
    grants = WatchdogGrants(storage.cells, clock.monotonic)
    book = PulseBook(epoch, clock, grants.allow)
    hosts = HostCache(storage.directory, storage.cells, book.learn)
    addresses = settings.server.pulse_addresses
    mine = Observer(settings.host, port, epoch, clock.now(), addresses)
    place = Announcement(storage.directory, mine)
    look = VersionLook(versions(storage), book.learn_versions)
    known = threading.Event()
    hearing = Hearing()
    cell = storage.cells.named(settings.cell_name)
    quiet_s = QUIET_INTERVALS * settings.report_interval.total_seconds()
    suspects = Suspects(cell, book, clock, quiet_s)
    lookout = Lookout(
        settings.host,
        cell,
        book,
        hearing,
        patience(Preset(settings.detect_preset), settings.server.pulse_interval),
        clock,
        suspects,
        max(FIRST, settings.report_interval * 1.5),
    )

    def learn_hosts() -> None:
        hosts.refresh_records()
        known.set()

    def write() -> None:
        book.settle()
        write_refusals(book.refusals, storage.cells)

    jobs = (
        Job(LOOK_HOSTS, HOSTS_EVERY_S, learn_hosts),
        Job(LOOK_VERSIONS, PULSE_LOOK_EVERY_S, look.look),
        Job("see who is silent", SIGHT_EVERY_S, lookout.turn),
        Job("see who is suspect", SUSPECTS_EVERY_S, suspects.look),
        Job("look who gets no grants", MARKS_EVERY_S, grants.look),
        Job("keep the observer's place", PLACE_EVERY_S, place.keep),
        Job("write refused pulses", REFUSALS_EVERY_S, write, at_end=True),
    )
    return ObserverParts(book, hearing, jobs, lambda: known.is_set() and place.made, storage.close)
