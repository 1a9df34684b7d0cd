"""How much alarms of one project may call: never so much that others wait, or that a disk fills.

An event of one server may set off thousands of alarms, and a tenant can make such events as fast as
the API takes requests. What is beyond its allowance fires no alarm; the log says so now and then.
"""

import logging
from collections import Counter
from datetime import datetime, timedelta

from hostdown.domain.deliveries import Channel
from hostdown.domain.derived_ids import derived_id
from hostdown.services.directory_ports import DirectoryRows

LOG = logging.getLogger(__name__)

OWNER_CHARS_MAX = 64
"""Of a project's id, in the name of a receiver."""
FIRED_MAX = 5_000
"""Calls of one project that the events of one turn may lead to."""
SAVED_MAX = 30_000
"""Calls of one project that may follow each other at once, after a time with fewer."""
SAVED_A_SECOND = 1_000
"""And so many for as long as it likes."""
WAITING_MAX = 20_000
"""Calls of one project that wait to be made; some 40 MB."""
COUNTED_EVERY = timedelta(seconds=1)
"""How often the waiting ones are counted."""
TOLD_EVERY = timedelta(seconds=60)
"""How often the log says of one project that something was left out."""


def owner(project_id: str) -> str:
    """The name of a project, or a number that stands for it, with which receivers begin."""
    return project_id if len(project_id) <= OWNER_CHARS_MAX else derived_id(project_id)


def owner_of(receiver: str) -> str:
    """Whose it is."""
    return receiver.partition(" ")[0]


class Allowances:
    """Of all projects. Called by one thread."""

    def __init__(self) -> None:
        self._spent: dict[str, tuple[float, datetime]] = {}
        """What of SAVED_MAX was used, and when that was known; nothing of those not in it."""
        self._fired: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._count_due = datetime.min
        self._left_out: Counter[str] = Counter()
        self._told_at: dict[str, datetime] = {}

    def begin(self, rows: DirectoryRows, now: datetime) -> None:
        """The next turn."""
        self._fired.clear()
        if now < self._count_due:
            return
        self._count_due = now + COUNTED_EVERY
        self._waiting.clear()
        for each in rows.deliveries.waiting():
            if each.channel is Channel.ALARM:
                self._waiting[owner_of(each.receiver)] += each.waiting
        self._spent = {of: seen for of, seen in self._spent.items() if self._used(of, now)}
        self._told_at = {of: at for of, at in self._told_at.items() if now < at}

    def grants(self, project_id: str, calls: int, now: datetime) -> bool:
        """Whether so many more may be made; then they are counted."""
        own = owner(project_id)
        used = self._used(own, now) + calls
        fits = (
            used <= SAVED_MAX
            and self._fired[own] + calls <= FIRED_MAX
            and self._waiting[own] + calls <= WAITING_MAX
        )
        if fits:
            self._spent[own] = used, now
            self._fired[own] += calls
            self._waiting[own] += calls
        else:
            self._left_out[project_id] += calls
        return fits

    def tell(self, now: datetime) -> None:
        """In the log, what was left out."""
        for project_id, calls in list(self._left_out.items()):
            if now >= self._told_at.get(project_id, datetime.min):
                self._told_at[project_id] = now + TOLD_EVERY
                del self._left_out[project_id]
                LOG.warning(
                    "Alarms of project %s called too much at once, or too much of it waits: %d "
                    "calls were left out, and their alarms did not fire",
                    project_id,
                    calls,
                )

    def _used(self, own: str, now: datetime) -> float:
        used, at = self._spent.get(own, (0.0, now))
        return max(used - SAVED_A_SECOND * max((now - at).total_seconds(), 0.0), 0.0)
