"""The parts of what recovers hosts."""

from datetime import timedelta

from hostdown.api.parts import ApiParts
from hostdown.config import Settings
from hostdown.domain.ha import Resume
from hostdown.domain.sight import Preset, patience
from hostdown.drivers.fence_crew import FenceThreads
from hostdown.drivers.fencing.fencing_file import FencingFile
from hostdown.services.cell_ports import Cell
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


def resume(settings: Settings) -> Resume:
    """Which servers are started again when their host has booted."""
    options = settings.recovery
    default = options.ha_default if options.enabled else None
    return Resume(settings.placement.resume_guests, default)


def recoverer(
    settings: Settings, parts: ApiParts, cell: Cell, leadership: Leadership, paths: FencePaths
) -> Recoverer:
    """Of one cell."""
    options = settings.recovery
    how_long = patience(Preset(settings.detect_preset), settings.server.pulse_interval)
    missed_after = timedelta(microseconds=how_long.silent_ns // 1000) + TOLD_WITHIN
    policy = RecoveryPolicy(options.enabled, options.hold_off, options.ha_default, missed_after)
    return Recoverer(cell, parts.surveyor, leadership, paths, FenceThreads(), policy, parts.clock)
