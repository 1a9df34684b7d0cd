"""Which hosts are forced down in the cloud, kept as of our own: its word counts (decision 0017).

So a host that an administrator forced down there is left alone here, does not count for the storm
gate, and is free again once it is let up there. While a recovery of ours has set the flag, or is
about to, its record says more than what was read.
"""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from hostdown.domain.cloud_errors import CloudFailed
from hostdown.domain.errors import ServiceNotFound
from hostdown.domain.evacuation_errors import HostNotSettled
from hostdown.domain.model import COMPUTE, Caller, Service
from hostdown.services import compute_services
from hostdown.services.cell_ports import CellRows
from hostdown.services.cloud_ports import Cloud
from hostdown.services.crew_ports import Crew
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import BEFORE

LOG = logging.getLogger(__name__)

READ_EVERY_S = 5.0
"""How late it may be known here that somebody has forced a host down there."""
CLOUD = Caller("", "cloud", None, (), "-")
"""Who it was, as far as we know."""

Done = Callable[[datetime], None]
"""What the leader does with what came of asking the cloud."""


class CloudMirror:
    """Of one cell. Called by who leads, in one thread."""

    def __init__(self, desk: Desk, cloud: Cloud, crew: Crew[str, Done]) -> None:
        self._desk = desk
        self._cloud = cloud
        self._crew = crew
        self._read_at: float | None = None
        self._ours: set[str] = set()
        """Hosts that recoveries have taken over, now or since the last reading began."""
        self._strange: set[str] = set()
        self._failing = False

    def turn(self, now: datetime, recoveries: list[Recovery]) -> None:
        """Take in what was read; `recoveries` are those that are not over."""
        self._ours |= {each.host for each in recoveries if each.stage not in BEFORE}
        for done in self._crew.results():
            done(now)
        at = self._desk.clock.monotonic()
        is_due = self._read_at is None or at - self._read_at >= READ_EVERY_S
        if is_due and self._crew.begin("services", self._read):
            self._read_at = at
            self._ours = {each.host for each in recoveries if each.stage not in BEFORE}

    def _read(self) -> Done:
        try:
            found = {
                each.host: None if each.up is None else each.forced_down
                for each in self._cloud.services()
            }
        except CloudFailed as error:
            return partial(self._unread, error)
        return partial(self._take, found)

    def _unread(self, error: CloudFailed, _now: datetime) -> None:
        if not self._failing:
            LOG.warning("Which hosts are forced down in the cloud is not known: %s", error)
        self._failing = True

    def _take(self, forced: dict[str, bool | None], now: datetime) -> None:
        """By host; None: the cloud cannot tell now."""
        if self._failing:
            LOG.info("The cloud tells again which hosts are forced down")
        self._failing = False
        services = self._desk.cell.read(lambda rows: rows.services.find(None, COMPUTE))
        self._tell_of({each.host for each in services} - forced.keys())
        for seen in services:
            wanted = forced.get(seen.host)
            if wanted is not None and wanted != seen.forced_down and seen.host not in self._ours:
                self._put(seen, wanted, now)

    def _tell_of(self, strange: Collection[str]) -> None:
        for host in sorted(set(strange) - self._strange):
            LOG.warning("The cloud has no compute service of host '%s', which has an agent", host)
        self._strange = set(strange)

    def _put(self, seen: Service, forced_down: bool, now: datetime) -> None:
        wanted = compute_services.Wanted(forced_down=forced_down)

        def find(rows: CellRows) -> Service:
            found = rows.services.find(seen.host, COMPUTE)
            if not found:
                raise ServiceNotFound(service_id=seen.uuid)
            return found[0]

        def work(rows: CellRows) -> None:
            if self._desk.leadership.holds(rows):
                compute_services.changed(rows, CLOUD, find, wanted, now)

        try:
            self._desk.cell.write(work)
        except (HostNotSettled, ServiceNotFound) as error:
            LOG.info("%s", error)
