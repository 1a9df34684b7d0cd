"""How servers say who hears pulses, and how hosts are told what their pulses must carry."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from hostdown.domain.model import HostRecord
from hostdown.domain.pulse import nonce_of
from hostdown.services.directory_ports import Directory
from hostdown.services.observer_ports import HostVersion, Observer, Versions

LOG = logging.getLogger(__name__)

OTHER_LOOKS_MAX = 10
"""Looks in a row at which another observer stands in our place before it is taken back."""


class Announcement:
    """An observer's row in the directory: nothing is answered before it is there."""

    def __init__(self, directory: Directory, observer: Observer) -> None:
        self._directory = directory
        self._observer = observer
        self._others = 0
        self.made = False

    def keep(self) -> None:
        """Make it, or see that it still stands; raises DirectoryUnavailable, StorageFull.

        A directory that was restored from a backup has an older one. Our successor has a newer
        one for the moment in which we are still there, and that is left alone.
        """
        ours = self._observer
        if self.made:
            found = self._directory.read(lambda rows: rows.observers.get(ours.host))
            self._others = 0 if found == ours else self._others + 1
            if self._others < OTHER_LOOKS_MAX:
                return
            LOG.warning(
                "Another observer stands in the directory for '%s'; is there another server with "
                "this [DEFAULT] host? This one takes its place again",
                ours.host,
            )
        self._directory.write(lambda rows: rows.observers.put(ours))
        self.made, self._others = True, 0


class Ear(NamedTuple):
    """An observer as a host is told of it; no addresses: it hears where its server was reached."""

    addresses: tuple[str, ...]
    port: int
    nonce: bytes


class PulseOffer(NamedTuple):
    """What a host is told about pulses: how often, and to whom; to all observers of all servers,
    or a host would be silent at those that it does not know."""

    interval: timedelta
    ears: tuple[Ear, ...]


Offers = Callable[[HostRecord], PulseOffer | None]
"""What a worker tells a host after its report; None where nobody hears pulses."""


def no_offer(_record: HostRecord) -> PulseOffer | None:
    """Pulses are switched off."""
    return None


class PulseOffers:
    """What an API worker knows of observers; `refresh` each OFFERS_EVERY_S."""

    def __init__(self, directory: Directory, host: str, interval: timedelta) -> None:
        self._directory = directory
        self._host = host
        self._interval = interval
        self._observers: Sequence[Observer] = ()
        self._lost: set[str] = set()

    def refresh(self) -> None:
        """Learn of new ones; raises DirectoryUnavailable, and knows on what it knew."""
        found = self._directory.read(lambda rows: rows.observers.all())
        known = [each for each in found if each.addresses or each.host == self._host]
        # A server that has another name now left the old one's row, and a nonce that is good for
        # nothing, at the same place.
        known.sort(key=lambda each: each.started_at)
        self._observers = tuple({(e.addresses, e.port): e for e in known}.values())
        lost = {each.host for each in found} - {each.host for each in known}
        for host in sorted(lost - self._lost):
            LOG.warning(
                "Hosts that report to this server cannot send their pulses to server '%s', which "
                "hears at every address: name those that hosts reach in its [server] "
                "pulse_addresses",
                host,
            )
        self._lost = lost

    def __call__(self, record: HostRecord) -> PulseOffer | None:
        """For a host in the session that its record names."""
        ears = tuple(_ear(each, record) for each in self._observers)
        return PulseOffer(self._interval, ears) if ears else None


def _ear(observer: Observer, record: HostRecord) -> Ear:
    nonce = nonce_of(record.secret, observer.epoch, record.session, record.boot_id)
    return Ear(observer.addresses, observer.port, nonce)


class VersionLook:
    """Learns of changed assignments, from mark to mark."""

    def __init__(
        self, versions: Versions, learn: Callable[[tuple[HostVersion, ...]], None]
    ) -> None:
        self._versions = versions
        self._learn = learn
        self._mark = 0

    def look(self) -> None:
        """What changed since the last look; raises what the port raises."""
        changed, self._mark = self._versions.versions_since(self._mark)
        self._learn(tuple(changed))
