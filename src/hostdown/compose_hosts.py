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
from hostdown.agent.host import HostAgent, Surroundings
from hostdown.agent.settings import AgentSettings, ServerAddress
from hostdown.agent.state import StateDirectory
from hostdown.agent.swarm import Swarm
from hostdown.agent.swarm_state import SwarmState
from hostdown.compose_guests import HYPERVISORS
from hostdown.config import Settings
from hostdown.domain.identity import check_name
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.secret_file import read_secret
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.drivers.system_clock import SystemClock

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
) -> HostAgent:
    """The agent of this machine; `enroll` puts an identity that it has aside.

    Raises Stopped, HostNameInvalid, SecretFileUnusable.
    """
    name = name or settings.host
    check_name(name)
    store = StateDirectory(state_dir or settings.state_path / "agent")
    if enroll:
        store.forget()
    secret = None if store.load() else _enrolment_secret(settings)
    clock = SystemClock()
    server = ServerClient(_address(settings), clock)
    machine = LinuxMachine()
    runs = HYPERVISORS[settings.agent.hypervisor](settings, name, machine.booted_at(), clock)
    around = Surroundings(server, store, machine, runs.hypervisor, clock)
    return HostAgent(_agent_settings(settings, name, settings.report_interval, secret), around)


def swarm(
    settings: Settings,
    names: Sequence[str],
    report_interval: timedelta,
    tell: Callable[[str], None],
) -> Swarm:
    """Simulated hosts with these names; raises as `host_agent`."""
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
    agents = [
        HostAgent(
            _agent_settings(settings, name, report_interval, secret),
            Surroundings(
                server,
                state.store(name),
                machine,
                SimulatedHypervisor(name, booted_at),
                clock,
            ),
            spread=number / len(names),
            log=QUIET,
        )
        for number, name in enumerate(names, start=1)
    ]
    return Swarm(agents, clock, SWARM_CONNECTIONS_MAX, tell)


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
