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
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import NOTHING_FENCES, FencePaths
from hostdown.services.leadership import Leadership
from hostdown.services.own_evacuator import OwnEvacuator
from hostdown.services.recoveries import Recoverer
from hostdown.services.recovery_desk import Desk, RecoveryPolicy

TOLD_WITHIN = timedelta(seconds=2)
"""Until the leader knows what observers see."""
DEVICES_AT_ONCE = 16
"""Devices that are asked at a time: each look at a Redfish BMC takes 0.2 s of the processor."""
CALLS_AT_ONCE = 16
"""Requests to a cloud at a time."""


def fence_paths(settings: Settings) -> FencePaths:
    """How each host is fenced; raises FencingFileUnusable."""
    file = settings.fencing.file
    return NOTHING_FENCES if file is None else FencingFile(file)


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
    settings: Settings, parts: ApiParts, cell: Cell, leadership: Leadership, paths: FencePaths
) -> Recoverer:
    """Of one cell; raises CloudsFileUnusable."""
    options = settings.recovery
    how_long = patience(Preset(settings.detect_preset), settings.server.pulse_interval)
    missed_after = timedelta(microseconds=how_long.silent_ns // 1000) + TOLD_WITHIN
    policy = RecoveryPolicy(options.enabled, options.hold_off, options.ha_default, missed_after)
    desk = Desk(cell, parts.surveyor, leadership, policy, parts.clock)
    crew = Threads[int, Reached]("fence", DEVICES_AT_ONCE)
    return Recoverer(desk, paths, crew, _evacuator(settings, desk))


def _evacuator(settings: Settings, desk: Desk) -> Evacuator:
    cloud = foreign_cloud(settings)
    if cloud is None:
        return OwnEvacuator(desk)
    mirror = CloudMirror(desk, cloud, Threads[str, Done]("mirror", 1))
    crew = Threads[str, Done]("cloud", CALLS_AT_ONCE)
    return CloudEvacuator(desk, cloud, crew, mirror, settings.evacuate.at_once)
