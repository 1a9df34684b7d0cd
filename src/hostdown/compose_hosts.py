"""Puts the agent of this machine together.

Apart from `compose`, so that a host loads nothing of the server.
"""

import logging
import threading
from datetime import timedelta
from pathlib import Path

from hostdown import __version__
from hostdown.agent.client import ServerClient
from hostdown.agent.host import HostAgent
from hostdown.agent.idle import NoWork
from hostdown.agent.pools import NO_POOL
from hostdown.agent.ports import Machine
from hostdown.agent.pulser import Pulser
from hostdown.agent.pulses import Hints
from hostdown.agent.runner import Runner
from hostdown.agent.settings import AgentSettings, ServerAddress
from hostdown.agent.site import WorkerSettings
from hostdown.agent.state import StateDirectory
from hostdown.agent.surroundings import Surroundings
from hostdown.agent.watch_desk import WatchedPulses, WatchSetting
from hostdown.agent.watch_places import Places
from hostdown.compose_guests import HYPERVISORS, REAL
from hostdown.compose_petter import watch_setting
from hostdown.compose_work import host_work
from hostdown.config import Settings
from hostdown.domain.identity import check_name
from hostdown.domain.rehearsal import MAY_SLEEP
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.linux_sleep import may_sleep
from hostdown.drivers.secret_file import read_secret
from hostdown.drivers.simulated_machine import SimulatedMachine
from hostdown.drivers.system_clock import SystemClock

AGENT_CONNECTIONS = 4
"""Of an agent: its reports, its orders and outcomes, and images on their way."""
SECRET_WAIT_S = 15.0
"""How long a host that is not enrolled waits for a server on its machine to make the secret."""
SECRET_LOOK_S = 0.1
"""How often it looks."""

LOG = logging.getLogger("hostdown.agent")


def host_agent(
    settings: Settings, name: str | None, state_dir: Path | None, enroll: bool
) -> Runner:
    """The agent of this machine, to be run; `enroll` puts an identity that it has aside.

    Raises Stopped, HostNameInvalid, SecretFileUnusable, PoolForeign.
    """
    name = name or settings.host
    check_name(name)
    state = state_dir or settings.state_path / "agent"
    store = StateDirectory(state)
    secret = _secret(settings, store, enroll)
    clock = SystemClock()
    server, linux = ServerClient(address(settings), clock, AGENT_CONNECTIONS), LinuxMachine()
    runs = HYPERVISORS[settings.agent.hypervisor](settings, name, linux.booted_at(), clock)
    machine = played(settings.agent.hypervisor, name, linux)
    work = None
    if runs.guests is not None and runs.events is not None:
        parts = (runs.guests, server, store, settings.agent.instances_path, state, clock)
        work = host_work(
            *parts,
            lambda: runner.hurry(),
            overlays=settings.libvirt.overlays,
            passages=runs.passages,
            settings=worker_settings(settings),
            watchdog=_watchdog(settings, linux, state),
            places=Places(clock.monotonic),
        )
    idle = NoWork(server, runs.hypervisor, lambda: runner.hurry())
    does, pool = (work.exchange, work.pool) if work else (idle, NO_POOL)
    hints = Hints(lambda _name, version: does.hint(version), lambda _name: runner.hurry())
    pulser = Pulser(hints, clock.monotonic)
    pulses = WatchedPulses(pulser, work.desk) if work else pulser
    around = Surroundings(server, store, machine, runs.hypervisor, clock, pulses, does, pool)
    agent = HostAgent(agent_settings(settings, name, settings.report_interval, secret), around)
    runner = Runner(agent, pulser, *work.beside) if work else Runner(agent, pulser)

    def noticed() -> None:
        if work is not None:
            work.worker.look()
        if agent.outdated:
            runner.hurry()

    if runs.events is not None:
        runs.events.watch(noticed)
    return runner


def _secret(settings: Settings, store: StateDirectory, enroll: bool) -> bytes | None:
    """What a host needs that is not enrolled, or is to be anew."""
    if enroll:
        store.forget()
    return None if store.load() else enrolment_secret(settings)


def _watchdog(settings: Settings, machine: LinuxMachine, state: Path) -> WatchSetting | None:
    """Of a machine: simulated hosts have none of their own."""
    return watch_setting(settings, machine, state) if settings.agent.hypervisor in REAL else None


def played(hypervisor: str, name: str, machine: LinuxMachine) -> Machine:
    """What the host says which machine it is: one machine is one host, or many simulated ones."""
    return machine if hypervisor in REAL else SimulatedMachine(machine, name)


def agent_settings(
    settings: Settings, name: str, report_interval: timedelta, secret: bytes | None
) -> AgentSettings:
    """Of one host."""
    return AgentSettings(
        name=name,
        report_interval=report_interval,
        agent_version=__version__,
        enrolment_secret=secret,
        sleeps=_sleeps(settings),
    )


def _sleeps(settings: Settings) -> bool | None:
    """Of a real host, where one that may is warned of; a simulated one does not."""
    sleeps = may_sleep() if settings.agent.hypervisor in REAL else False
    if sleeps:
        LOG.warning("The server is told: %s", MAY_SLEEP)
    return sleeps


def worker_settings(settings: Settings) -> WorkerSettings:
    """Of one host."""
    return WorkerSettings(
        send_s_per_gib=settings.libvirt.live_s_per_gib,
        tell_all_every=settings.agent.tell_all_every,
    )


def address(settings: Settings) -> ServerAddress:
    """Of the servers."""
    return ServerAddress(settings.agent.server_urls, settings.agent.ca_file)


def enrolment_secret(settings: Settings) -> bytes | None:
    """The secret, if there is one: the file that was configured, or the one the server makes.

    A server that starts for the first time beside us makes it in a moment.
    """
    file = settings.agent.enrolment_secret_file
    if not settings.agent.secret_given and not file.exists():
        LOG.warning(
            "There is no enrolment secret in %s yet; waiting up to %g s for a server on this "
            "machine to write it",
            file,
            SECRET_WAIT_S,
        )
        pause = threading.Event()
        for _ in range(round(SECRET_WAIT_S / SECRET_LOOK_S)):
            if file.exists():
                break
            pause.wait(SECRET_LOOK_S)
    return read_secret(file) if settings.agent.secret_given or file.exists() else None
