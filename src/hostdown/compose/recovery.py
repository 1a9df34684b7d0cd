"""The parts of what recovers hosts."""

from datetime import timedelta

from hostdown.api.parts import ApiParts
from hostdown.config import Settings
from hostdown.domain.ha import Resume
from hostdown.domain.sight import Preset, patience
from hostdown.drivers.fence_crew import CHECKED_AT_ONCE_MAX, FenceThreads
from hostdown.drivers.fencing.fencing_file import FencingFile
from hostdown.services.cell_ports import Cell
from hostdown.services.fence_check_ports import Looked
from hostdown.services.fence_checks import FenceChecks
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import NOTHING_FENCES, FencePaths
from hostdown.services.leadership import Leadership
from hostdown.services.recoveries import Recoverer
from hostdown.services.recovery_desk import RecoveryPolicy

TOLD_WITHIN = timedelta(seconds=2)
"""Until the leader knows what observers see."""


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


def resume(settings: Settings) -> Resume:
    """Which servers are started again when their host has booted."""
    options = settings.recovery
    default = options.ha_default if options.enabled else None
    return Resume(settings.placement.resume_guests, default)


def recoverer(
    settings: Settings, parts: ApiParts, cell: Cell, leadership: Leadership, paths: FencePaths
) -> Recoverer:
    """Of one cell."""
    policy = recovery_policy(settings)
    crew = FenceThreads[Reached]()
    return Recoverer(cell, parts.surveyor, leadership, paths, crew, policy, parts.clock)


def fence_checks(
    settings: Settings, parts: ApiParts, cell: Cell, leadership: Leadership, paths: FencePaths
) -> FenceChecks | None:
    """Of one cell's hosts; None where nothing fences them, or nobody wants to know."""
    interval = settings.fencing.check_interval
    if interval is None or settings.fencing.file is None:
        return None
    crew = FenceThreads[Looked](CHECKED_AT_ONCE_MAX)
    return FenceChecks(cell, parts.directory, leadership, paths, crew, interval, parts.clock)
