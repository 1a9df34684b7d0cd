"""Puts agents together: one for this machine, or a swarm of simulated ones.

Apart from `compose`, so that a host loads nothing of the server.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from hostdown import __version__
from hostdown.agent.client import ServerClient
from hostdown.agent.host import HostAgent
from hostdown.agent.pulser import Pulser
from hostdown.agent.pulses import NO_PULSES, Hints
from hostdown.agent.runner import Runner
from hostdown.agent.settings import AgentSettings, ServerAddress
from hostdown.agent.state import StateDirectory
from hostdown.agent.surroundings import Surroundings
from hostdown.agent.swarm import Swarm
from hostdown.agent.swarm_state import SwarmState
from hostdown.compose_guests import HYPERVISORS
from hostdown.compose_work import host_work
from hostdown.config import Settings
from hostdown.domain.identity import check_name
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.secret_file import read_secret
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.drivers.system_clock import SystemClock

AGENT_CONNECTIONS = 4
"""Of an agent: its reports, its orders and outcomes, and images on their way."""
SWARM_CONNECTIONS_MAX = 8
"""Connections of a swarm to its server, however many hosts it has."""
SECRET_WAIT_S = 15.0
"""How long a host that is not enrolled waits for a server on its machine to make the secret."""
SECRET_LOOK_S = 0.1
"""How often it looks."""

LOG = logging.getLogger("hostdown.agent")
QUIET = logging.getLogger("hostdown.swarm.host")
"""A swarm tells how many hosts there are, not what each of them does."""


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
    if enroll:
        store.forget()
    secret = None if store.load() else _enrolment_secret(settings)
    clock = SystemClock()
    server = ServerClient(_address(settings), clock, AGENT_CONNECTIONS)
    machine = LinuxMachine()
    runs = HYPERVISORS[settings.agent.hypervisor](settings, name, machine.booted_at(), clock)
    work = None
    if runs.guests is not None and runs.events is not None:
        instances_path = settings.agent.instances_path
        work = host_work(runs.guests, server, store, instances_path, state, clock)
    hints = Hints(
        lambda _name, version: work.exchange.hint(version) if work else None,
        lambda _name: runner.hurry(),
    )
    pulser = Pulser(settings.agent.pulse_paths, hints, clock.monotonic)
    exchange = work.exchange if work else None
    around = Surroundings(server, store, machine, runs.hypervisor, clock, pulser, exchange)
    agent = HostAgent(_agent_settings(settings, name, settings.report_interval, secret), around)
    runner = Runner(agent, pulser, work.crew) if work else Runner(agent, pulser)

    def noticed() -> None:
        if work is not None:
            work.worker.look()
        if agent.outdated:
            runner.hurry()

    if runs.events is not None:
        runs.events.watch(noticed)
    return runner


def swarm(
    settings: Settings,
    names: Sequence[str],
    report_interval: timedelta,
    tell: Callable[[str], None],
    pulse_interval: timedelta | None,
) -> Swarm:
    """Simulated hosts with these names; raises as `host_agent`.

    `pulse_interval` is between two pulses of one host, unless the server wants them less often;
    None: they send none.
    """
    for name in names:
        check_name(name)
    QUIET.setLevel(logging.ERROR)
    state = SwarmState(settings.state_path)
    known = all(state.get(name) for name in names)
    secret = None if known else _enrolment_secret(settings)
    clock = SystemClock()
    server = ServerClient(_address(settings), clock, SWARM_CONNECTIONS_MAX)
    machine = LinuxMachine()
    booted_at = machine.booted_at()
    pulser = None
    if pulse_interval is not None:
        hints = Hints(lambda _name, _version: None, lambda name: made.hurry(name))
        paths, interval_s = settings.agent.pulse_paths, pulse_interval.total_seconds()
        pulser = Pulser(paths, hints, clock.monotonic, interval_s)
    agents = [
        HostAgent(
            _agent_settings(settings, name, report_interval, secret),
            Surroundings(
                server,
                state.store(name),
                machine,
                SimulatedHypervisor(name, booted_at),
                clock,
                pulser or NO_PULSES,
            ),
            spread=number / len(names),
            log=QUIET,
        )
        for number, name in enumerate(names, start=1)
    ]
    made = Swarm(agents, clock, SWARM_CONNECTIONS_MAX, tell, pulser)
    return made


def _agent_settings(
    settings: Settings, name: str, report_interval: timedelta, secret: bytes | None
) -> AgentSettings:
    return AgentSettings(
        name=name,
        report_interval=report_interval,
        agent_version=__version__,
        enrolment_secret=secret,
    )


def _address(settings: Settings) -> ServerAddress:
    return ServerAddress(settings.agent.server_url, settings.agent.ca_file)


def _enrolment_secret(settings: Settings) -> bytes | None:
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
