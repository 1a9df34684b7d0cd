"""Puts together what an agent does to instances: its pool, its notes, its worker, its exchange."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hostdown.agent.client import ServerClient
from hostdown.agent.commits import CommitFile
from hostdown.agent.crew import Crew
from hostdown.agent.exchange import Exchange
from hostdown.agent.guests import Guests, Passages
from hostdown.agent.host_watch import HostWatch
from hostdown.agent.images import ImageDownloads
from hostdown.agent.notes import NoteFiles
from hostdown.agent.pool_watch import PoolWatch
from hostdown.agent.ports import IdentityStore
from hostdown.agent.runner import Beside
from hostdown.agent.site import Site, WorkerSettings
from hostdown.agent.slot_orders import SlotOrders, SlotThread
from hostdown.agent.tidings import Tidings
from hostdown.agent.watch_desk import DeskThread, WatchDesk, WatchSetting
from hostdown.agent.watch_places import Places
from hostdown.agent.watch_terms import WatchFiles
from hostdown.agent.watching import Watcher
from hostdown.agent.worker import Worker
from hostdown.drivers.disk_copies import DiskCopies
from hostdown.drivers.disk_files import DiskFiles
from hostdown.drivers.host_slots import HostSlots
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.limited_slots import LimitedSlots
from hostdown.drivers.pool import PoolDirectory, make_pool
from hostdown.drivers.system_clock import SystemClock
from hostdown.drivers.watch_slots import WatchSlotFiles


class HostWork(NamedTuple):
    """`exchange` is what the agent tells of its reports, `desk` also of its pulses; `beside` are
    its threads.
    """

    exchange: Exchange
    worker: Worker
    pool: PoolWatch
    desk: WatchDesk
    beside: tuple[Beside, ...]


def host_work(
    guests: Guests,
    server: ServerClient,
    store: IdentityStore,
    instances_path: Path,
    state: Path,
    clock: SystemClock,
    pool_changed: Callable[[], None],
    *,
    overlays: bool,
    passages: Passages | None,
    settings: WorkerSettings,
    watchdog: WatchSetting | None,
    places: Places,
) -> HostWork:
    """The work of one host. A pool is made only of a directory that is made, too.

    `watchdog` is None where none is to be armed; `places` are where servers grant it its life.
    `pool_changed` is told when there is something new to report of it.

    Raises Stopped, PoolForeign.
    """
    make_pool(instances_path)
    pool = PoolDirectory(instances_path)
    watch = PoolWatch(HostSlots(pool), lambda: worker.standing, clock, pool_changed)
    site = Site(
        guests=guests,
        leases=LeaseFiles(pool),
        disks=DiskFiles(pool, ImageDownloads(server, store), overlays),
        notes=NoteFiles(state / "notes"),
        clock=clock,
        pool=watch,
        copies=DiskCopies(pool),
        passages=passages,
        settings=settings,
    )
    tidings = Tidings()
    worker = Worker(site, tidings, clock)
    desk = WatchDesk(server, WatchFiles(state), watchdog, watch, places, clock)
    slots, woken = LimitedSlots(instances_path, WatchSlotFiles(pool)), threading.Event()
    orders = SlotOrders(server, slots, woken.set)
    commits = CommitFile(state / "commit.json")
    exchange = Exchange(server, worker, tidings, commits, clock, watch=HostWatch(desk, orders))
    crew = Crew(worker, Watcher(site, worker.turn), exchange, tidings)
    beside = (crew, watch, DeskThread(desk), SlotThread(orders, woken))
    return HostWork(exchange, worker, watch, desk, beside)
