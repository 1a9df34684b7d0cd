"""The parts of what recovers hosts."""

from datetime import timedelta

from hostdown.api.parts import ApiParts
from hostdown.config import Settings
from hostdown.domain.ha import Resume
from hostdown.domain.sight import Preset, patience
from hostdown.drivers.crew import Threads
from hostdown.drivers.fencing.fencing_file import FencingFile
from hostdown.services.cell_ports import Cell
from hostdown.services.cloud_evacuator import CloudEvacuator
from hostdown.services.cloud_mirror import CloudMirror, Done
from hostdown.services.cloud_ports import Cloud
from hostdown.services.evacuator_ports import Evacuator
from hostdown.services.fence_check_ports import Looked
from hostdown.services.fence_checks import FenceChecks
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import NOTHING_FENCES, FencePaths
from hostdown.services.leadership import Leadership
from hostdown.services.own_evacuator import OwnEvacuator
from hostdown.services.recoveries import Recoverer
from hostdown.services.recovery_desk import Desk, Misses, RecoveryPolicy

TOLD_WITHIN = timedelta(seconds=2)
"""Until the leader knows what observers see."""
DEVICES_AT_ONCE = 16
"""Devices that are asked at a time; a process that speaks Redfish is kept for each, of 32 MB."""
CHECKED_AT_ONCE = 2
"""Hosts whose devices are checked at a time, by threads of their own."""
CALLS_AT_ONCE = 16
"""Requests to a cloud at a time."""


def fence_paths(settings: Settings) -> FencePaths:
    """How each host is fenced; raises FencingFileUnusable."""
    file = settings.fencing.file
    return NOTHING_FENCES if file is None else FencingFile(file)


def recovery_policy(settings: Settings) -> RecoveryPolicy:
    """When hosts are recovered."""
    options = settings.recovery
    how_long = patience(Preset(settings.detect_preset), settings.server.pulse_interval)
    missed_after = timedelta(microseconds=how_long.silent_ns // 1000) + TOLD_WITHIN
    return RecoveryPolicy(options.enabled, options.hold_off, options.ha_default, missed_after)


def foreign_cloud(settings: Settings) -> Cloud | None:
    """The Nova beside us, if there is one; raises CloudsFileUnusable."""
    if settings.cloud is None:
        return None
    # An extra, and large.
    from hostdown.drivers.clouds_file import cloud_access
    from hostdown.drivers.openstack_cloud import OpenstackCloud

    options = settings.cloud
    return OpenstackCloud(cloud_access(options.clouds_yaml, options.os_cloud, options.timeout_s))


def resume(settings: Settings) -> Resume:
    """Which servers are started again when their host has booted."""
    options = settings.recovery
    default = options.ha_default if options.enabled else None
    return Resume(settings.placement.resume_guests, default)


def recoverer(
    settings: Settings,
    parts: ApiParts,
    cell: Cell,
    leadership: Leadership,
    paths: FencePaths,
    misses: Misses,
) -> Recoverer:
    """Of one cell; raises CloudsFileUnusable."""
    policy = recovery_policy(settings)
    desk = Desk(cell, parts.surveyor, leadership, policy, parts.clock, misses)
    crew = Threads[int, Reached]("fence", DEVICES_AT_ONCE)
    return Recoverer(desk, paths, crew, _evacuator(settings, desk))


def _evacuator(settings: Settings, desk: Desk) -> Evacuator:
    cloud = foreign_cloud(settings)
    if cloud is None:
        return OwnEvacuator(desk)
    mirror = CloudMirror(desk, cloud, Threads[str, Done]("mirror", 1))
    crew = Threads[str, Done]("cloud", CALLS_AT_ONCE)
    return CloudEvacuator(desk, cloud, crew, mirror, settings.evacuate.at_once)


def fence_checks(
    settings: Settings, parts: ApiParts, cell: Cell, leadership: Leadership, paths: FencePaths
) -> FenceChecks | None:
    """Of one cell's hosts; None where nothing fences them, or nobody wants to know."""
    interval = settings.fencing.check_interval
    if interval is None or settings.fencing.file is None:
        return None
    crew = Threads[str, Looked]("fence check", CHECKED_AT_ONCE)
    return FenceChecks(cell, parts.directory, leadership, paths, crew, interval, parts.clock)
