"""Puts the petter together, and what it has in common with the agent: timers and their tests."""

import logging
from collections.abc import Callable
from pathlib import Path

from hostdown.agent.petter import Petter
from hostdown.agent.petter_grants import GrantAsker, Grants
from hostdown.agent.petter_life import PetterLife
from hostdown.agent.petter_slots import SlotKeeper
from hostdown.agent.ports import Machine
from hostdown.agent.state import hold
from hostdown.agent.watch_desk import WatchSetting
from hostdown.agent.watch_fire import Fire, FireFile, fire, measured
from hostdown.agent.watch_ports import Timer
from hostdown.agent.watch_terms import PetterDone, PoolTerms, WatchFiles, WatchTerms
from hostdown.config import Settings
from hostdown.domain.watchdog_errors import WatchdogUnfit
from hostdown.drivers.lab_watchdog import LabWatchdog
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.linux_watchdog import LinuxWatchdog
from hostdown.drivers.pool import PoolDirectory
from hostdown.drivers.process_memory import keep_in_memory
from hostdown.drivers.system_clock import SystemClock
from hostdown.drivers.watch_slots import WatchSlotFiles

LOG = logging.getLogger("hostdown.agent")

LOCK_FILE = "petter.lock"
"""One petter, or one test fire, at a time."""


def petter(state: Path) -> PetterLife:
    """The petter of the host with this state directory. Its process is kept in memory.

    Raises Stopped.
    """
    hold(state, "petter", LOCK_FILE)
    keep_in_memory()
    clock, files, boot_id = SystemClock(), WatchFiles(state), LinuxMachine().boot_id()
    before = files.done()
    if before is None or before.boot_id != boot_id:
        before = PetterDone(boot_id)
    made = Petter(_timer_of, clock, before)
    asker = GrantAsker(Grants(made, clock), clock)

    def keeper(pool: PoolTerms) -> SlotKeeper:
        return SlotKeeper(pool, WatchSlotFiles(PoolDirectory(Path(pool.path))), made, clock)

    return PetterLife(made, files, asker, keeper, clock)


def timer(device: Path, timeout_s: int) -> Timer:
    """The driver for it: a lab's host has a socket, a machine a device."""
    if device.is_socket():
        return LabWatchdog(device, timeout_s)
    return LinuxWatchdog(device, timeout_s)


def fire_here(settings: Settings, machine: Machine) -> Fire | None:
    """What a test fire of the configured device in this boot would be; None where none is."""
    wanted = settings.agent.watchdog
    if wanted.device is None:
        return None
    source = machine.sources()[0]
    found = machine.machine_id(source), machine.boot_id()
    return Fire(*found, str(wanted.device), wanted.timeout_s)


def fire_now(settings: Settings, state: Path, goes_on: Callable[[], bool]) -> None:
    """Let the configured timer reset this machine; comes back if `goes_on` ends it before.

    Raises Stopped, WatchdogUnfit.
    """
    planned = fire_here(settings, LinuxMachine())
    if planned is None:
        raise WatchdogUnfit(device="", reason="there is none in [agent] watchdog")
    hold(state, "petter", LOCK_FILE)
    device = timer(Path(planned.device), planned.timeout_s)
    fire(device, FireFile(state), planned, SystemClock(), goes_on)


def watch_setting(settings: Settings, machine: Machine, state: Path) -> WatchSetting | None:
    """What an agent is to do about its host's watchdog. A timer that is not fit is told about, and
    the host goes on without.
    """
    wanted = fire_here(settings, machine)
    if wanted is None:
        return None
    options = settings.agent.watchdog
    try:
        timer(Path(wanted.device), wanted.timeout_s).check()
        reset_s = measured(FireFile(state).load(), wanted)
    except WatchdogUnfit as error:
        LOG.error("%s", error)
        return None
    LOG.info("The watchdog %s resets this machine %g s after a pet", wanted.device, reset_s)
    timing = wanted.timeout_s, options.self_fence_after_s, reset_s
    pool = str(settings.agent.instances_path.absolute())
    return WatchSetting(wanted.device, *timing, options.without_pools, pool)


def _timer_of(terms: WatchTerms) -> Timer:
    return timer(Path(terms.device), terms.device_timeout_s)
