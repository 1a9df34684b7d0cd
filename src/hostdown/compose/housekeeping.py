"""What keeps databases small and quick; nobody waits for it."""

from hostdown.compose.parts import Job
from hostdown.config import Settings
from hostdown.drivers.system_clock import SystemClock
from hostdown.services import dead_letter_bounds, outbox
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.lease import Lease
from hostdown.services.retention import Retention
from hostdown.storage import Storage

WRITE_BACK_EVERY_S = 1.0
"""How often the log of a database that is a file is written back."""
FORGET_EVERY_S = 10.0
"""How often it is looked for what may be forgotten."""
BOUND_EVERY_S = 10.0
"""How often it is looked whether there are too many dead letters of somebody."""
TIDY_EVERY_S = 600.0
"""How often the outboxes and the dead letters are looked after."""


def housekeeping(
    settings: Settings, storage: Storage, lease: Lease[DirectoryRows]
) -> tuple[Job, ...]:
    """Only the server that tells bounds dead letters and forgets; two would only do it twice."""
    clock = SystemClock()

    def bound() -> None:
        outbox.look_after(storage.directory, storage.cells, clock.now())

    def bound_the_dead() -> None:
        if lease.is_fresh():
            dead_letter_bounds.trim(storage.directory)

    jobs = (
        Job("write logs back", WRITE_BACK_EVERY_S, storage.write_back),
        Job("bound the dead letters", BOUND_EVERY_S, bound_the_dead),
        Job("bound the outboxes", TIDY_EVERY_S, bound),
    )
    if settings.kept_for is None:
        return jobs
    retention = Retention(storage.directory, storage.cells, settings.kept_for)

    def forget() -> None:
        if lease.is_fresh():
            retention.turn(clock.now())

    return (*jobs, Job("forget what is old", FORGET_EVERY_S, forget))
