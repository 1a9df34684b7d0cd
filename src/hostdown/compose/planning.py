"""The rules by which servers are placed, moved and brought back, as they are configured."""

from hostdown.compose.agents import liveness
from hostdown.compose.recovery import recovery_policy, resume
from hostdown.config import Settings
from hostdown.domain.destinations import Ratios
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.zones import ZonePolicy
from hostdown.services.mover import MovePolicy
from hostdown.services.recovery_plan import Planning
from hostdown.services.releases import Covers, Silent
from hostdown.services.rooms import Limits
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage

HEARD_INTERVALS = 2
"""A host whose newest report is younger than so many report intervals may still run servers."""


def planning(settings: Settings, storage: Storage) -> Planning:
    """Of a server."""
    surveyor = Surveyor(
        storage.directory,
        _zones(settings, storage),
        liveness(settings),
        _ratios(settings),
        LocalDisks(settings.evacuate.local_disks),
    )
    return Planning(surveyor, _moves(settings), recovery_policy(settings))


def _ratios(settings: Settings) -> Ratios:
    options = settings.placement
    return Ratios(
        options.cpu_allocation_ratio, options.ram_allocation_ratio, options.disk_allocation_ratio
    )


def _moves(settings: Settings) -> MovePolicy:
    options = settings.evacuate
    return MovePolicy(
        Silent(options.silent_source),
        HEARD_INTERVALS * settings.report_interval,
        Limits(options.at_once, options.per_destination, settings.live_per_source),
        Covers(options.word_covers),
        resume(settings),
    )


def _zones(settings: Settings, storage: Storage) -> ZoneMap:
    policy = ZonePolicy(
        settings.internal_service_availability_zone, settings.default_availability_zone
    )
    return ZoneMap(storage.directory, policy)
