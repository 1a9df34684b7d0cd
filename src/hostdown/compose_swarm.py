"""Puts a swarm together: many simulated hosts in one process, with or without servers on them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from hostdown.agent.client import ServerClient
from hostdown.agent.commits import Commits
from hostdown.agent.exchange import Exchange
from hostdown.agent.host import HostAgent
from hostdown.agent.idle import NoWork
from hostdown.agent.notes import MemoryNotes
from hostdown.agent.pools import NO_POOL, FixedPool, PoolSeen
from hostdown.agent.ports import Hypervisor
from hostdown.agent.pulser import Pulser
from hostdown.agent.pulses import NO_PULSES, Hints
from hostdown.agent.runner import Beside
from hostdown.agent.site import Site, WorkerSettings
from hostdown.agent.surroundings import Server, Surroundings, Work
from hostdown.agent.swarm import Swarm
from hostdown.agent.swarm_state import SwarmState
from hostdown.agent.swarm_work import Part, PartTidings, SwarmHost, SwarmWork
from hostdown.agent.watching import Watcher
from hostdown.agent.work import WorkQueue
from hostdown.agent.worker import Worker
from hostdown.compose_hosts import address, agent_settings, enrolment_secret, worker_settings
from hostdown.config import Settings
from hostdown.domain.identity import check_name
from hostdown.domain.pools import PoolClass
from hostdown.drivers.fake_guests import FakeGuests, FakeStorage, Trouble
from hostdown.drivers.fake_hypervisor import FakeHypervisor
from hostdown.drivers.fake_passages import FakePassages, FakeRoads
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.memory_disks import MemoryDisks
from hostdown.drivers.memory_leases import MemoryLeases
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.drivers.simulated_machine import SimulatedMachine
from hostdown.drivers.system_clock import SystemClock

SWARM_CONNECTIONS_MAX = 8
"""Connections of a swarm to its server, however many hosts it has."""
WORKERS = 8
"""Instances of a swarm that are worked on at a time."""
WORKERS_IF_SLOW = 64
"""The same where guests are made to take their time: each that does keeps a thread."""
POLL_EVERY_S = 600.0
"""Between two questions of a simulated host for its assignments: answers to reports name newer."""

QUIET = logging.getLogger("hostdown.swarm.host")
"""A swarm tells how many hosts there are, not what each of them does."""


class SwarmWishes(NamedTuple):
    """`pulse_interval`: between two pulses of one host, unless the server wants them less often;
    None: they send none. `servers`: for how many each host has room, None: they run none. `delay_s`
    and `fails` are those of `Trouble`.
    """

    names: Sequence[str]
    report_interval: timedelta
    pulse_interval: timedelta | None
    servers: int | None = None
    delay_s: Mapping[str, float] = {}
    fails: Mapping[str, float] = {}


class Kinds(NamedTuple):
    """What makes each host's agent, and the pulser of all: others where hosts have troubles."""

    agent: Callable[..., HostAgent] = HostAgent
    pulser: Callable[..., Pulser] = Pulser


def swarm(
    settings: Settings,
    wishes: SwarmWishes,
    tell: Callable[[str], None],
    kinds: Kinds = Kinds(),  # noqa: B008 - it cannot be changed
) -> Swarm:
    """Simulated hosts; raises as `compose_hosts.host_agent`."""
    names = _checked(wishes.names)
    QUIET.setLevel(logging.ERROR)
    state = SwarmState(settings.state_path)
    secret = None if all(map(state.get, names)) else enrolment_secret(settings)
    clock = SystemClock()
    server = ServerClient(address(settings), clock, SWARM_CONNECTIONS_MAX)
    linux = LinuxMachine()
    boot_id = None if wishes.servers is None else str(uuid4())
    guests = _Guests(wishes, clock)
    work = _work(settings, wishes, guests, server, clock)
    booted_at = linux.booted_at()
    hypervisors = {name: guests.hypervisor(name, booted_at) for name in names}

    def does(name: str) -> Work:
        if work is not None:
            return work.hosts[name].exchange
        return NoWork(server, hypervisors[name], lambda: made.hurry(name))

    works = {name: does(name) for name in names}
    hints = Hints(lambda name, version: works[name].hint(version), lambda name: made.hurry(name))
    pulses = _pulser(settings, wishes, hints, clock, kinds.pulser)
    agents = [
        kinds.agent(
            agent_settings(settings, name, wishes.report_interval, secret),
            Surroundings(
                server,
                state.store(name),
                SimulatedMachine(linux, name, boot_id),
                hypervisors[name],
                clock,
                pulses or NO_PULSES,
                works[name],
                guests.pool,
            ),
            spread=number / len(names),
            log=QUIET,
        )
        for number, name in enumerate(names, start=1)
    ]
    beside: list[Beside] = [each for each in (pulses, work) if each is not None]
    made = Swarm(agents, clock, SWARM_CONNECTIONS_MAX, tell, *beside)
    return made


def _checked(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        check_name(name)
    return names


def _work(
    settings: Settings, wishes: SwarmWishes, guests: "_Guests", server: Server, clock: SystemClock
) -> SwarmWork | None:
    if wishes.servers is None:
        return None
    saved = settings.state_path / "swarm-saved"
    return swarm_work(saved, guests.of, server, clock, wishes, worker_settings(settings))


def _pulser(
    settings: Settings,
    wishes: SwarmWishes,
    hints: Hints,
    clock: SystemClock,
    make: Callable[..., Pulser],
) -> Pulser | None:
    if wishes.pulse_interval is None:
        return None
    interval_s = wishes.pulse_interval.total_seconds()
    return make(hints, clock.monotonic, interval_s)


class _Guests:
    """The guests of every host; their disks are common to all, as long as this process lives."""

    def __init__(self, wishes: SwarmWishes, clock: SystemClock) -> None:
        has_disks = wishes.servers is not None
        self.pool = FixedPool(PoolSeen(str(uuid4()), PoolClass.LOCKS)) if has_disks else NO_POOL
        self._servers = wishes.servers
        storage: FakeStorage = {}
        trouble = Trouble(delay_s=dict(wishes.delay_s), fails=dict(wishes.fails))
        self.of = {
            name: FakeGuests(clock, storage, trouble=trouble)
            for name in (wishes.names if wishes.servers is not None else ())
        }

    def hypervisor(self, name: str, booted_at: datetime) -> Hypervisor:
        """Of one host."""
        if self._servers is None:
            return SimulatedHypervisor(name, booted_at)
        return FakeHypervisor(name, self.of[name], booted_at, self._servers)


def swarm_work(
    saved: Path,
    guests: Mapping[str, FakeGuests],
    server: Server,
    clock: SystemClock,
    wishes: SwarmWishes,
    settings: WorkerSettings,
) -> SwarmWork:
    """What is done to the guests of each host; their leases and disks are common to all hosts."""
    leases = MemoryLeases()
    disks = MemoryDisks(saved)
    roads: FakeRoads = {}

    def host(name: str, part: Part) -> SwarmHost:
        mine = guests[name]
        passages = FakePassages(name, mine, roads, clock)
        site = Site(mine, leases, disks, MemoryNotes(), clock, settings, passages=passages)
        tidings = PartTidings(part)
        worker = Worker(site, tidings, clock, part)
        exchange = Exchange(server, worker, tidings, Commits(), clock, POLL_EVERY_S)
        mine.watch(worker.look)
        return SwarmHost(site, worker, exchange, Watcher(site, worker.turn), part)

    threads = WORKERS_IF_SLOW if wishes.delay_s else WORKERS
    return SwarmWork(WorkQueue(clock), wishes.names, host, threads)
