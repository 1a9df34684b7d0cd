"""A cell with hosts whose agents are the test's: they fetch, and say what the test wants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import NAMESPACE_DNS, uuid5

from hostdown.domain.assignment import Assignment, Outcome, PowerState
from hostdown.domain.destinations import Ratios
from hostdown.domain.ha import NOBODY, Resume
from hostdown.domain.instance import Instance, Permit
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.domain.model import COMPUTE, Caller, Flavor, HostRecord, Resources
from hostdown.domain.quotas import NOTHING_LIMITED, Quotas
from hostdown.domain.server_actions import ServerAction
from hostdown.domain.zones import ZonePolicy
from hostdown.services import assignments, compute_services, outcomes, server_changes, server_create
from hostdown.services.assignments import Served
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat
from hostdown.services.hearings import Question
from hostdown.services.instance_ports import Action, Event
from hostdown.services.server_changes import Asker
from hostdown.services.server_create import Count, Making
from hostdown.services.server_wish import Wish
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage

START = datetime(2026, 3, 1, 12)
LIVENESS = LivenessPolicy(timedelta(seconds=60), timedelta(seconds=5))
FLAVOR = Flavor(1, "f1", "m1.tiny", 1, 512, 1, 0, 0, 1.0, True, False, None, {})
WISH = Wish("web", FLAVOR, None)
OWNER = Caller("u", "user", "p", ("member",), "")
ADMIN = Caller("a", "admin", "q", ("admin",), "")
NUMBERS = count(1)

Said = tuple[str, str | None, str | None]
"""A step of an action: what was asked, how the step ended, and the details."""


@dataclass
class Scene:
    """Everything that the use cases of servers work with."""

    storage: Storage
    now: datetime = START
    ratios: Ratios = field(default_factory=Ratios)
    quotas: Quotas = NOTHING_LIMITED

    @property
    def cell(self) -> Cell:
        return self.storage.cells.all()[0]

    # ------------------------------------------------------------------------------------ hosts

    def host(self, name: str, memory_mb: int = 4096, host_id: str = "") -> HostRecord:
        """A host on its first boot that has just reported."""
        record = HostRecord(
            id=host_id or str(uuid5(NAMESPACE_DNS, name)),
            name=name,
            cell=self.cell.name,
            secret=b"s",
            machine_id=f"machine of {name}",
            boot_id=f"{name} boot 1",
            boot=1,
            session=1,
            agent_version="1",
            enrolled_at=START,
            deleted_at=None,
        )
        resources = Resources(
            8, memory_mb, 100, 0, 0, 0, 0, "QEMU", 1, name, "192.0.2.1", "{}", None
        )
        self.storage.directory.write(lambda rows: rows.hosts.add(record))

        def work(rows: CellRows) -> None:
            made = rows.services.create(name, COMPUTE, self.now, None)
            assert made is not None
            rows.reports.heartbeats([Heartbeat(made.id, self.now, 1)])
            rows.reports.resources(made.id, resources, self.now)

        self.cell.write(work)
        return record

    def pool(self, name: str, pool_id: str, pool_class: str = "") -> None:
        """The host reports that its disks are there."""

        def work(rows: CellRows) -> None:
            found = rows.nodes.on_host(name)
            assert found is not None
            seen = found.node.resources._replace(pool_id=pool_id, pool_class=pool_class)
            rows.reports.resources(found.service.id, seen, self.now)

        self.cell.write(work)

    def record(self, name: str) -> HostRecord:
        found = self.storage.directory.read(lambda rows: rows.hosts.named(name))
        assert found is not None
        return found

    def boot(self, name: str) -> HostRecord:
        """The host starts anew: a session of a newer boot begins."""
        seen = self.record(name)
        number = seen.boot + 1
        after = seen._replace(
            boot=number, boot_id=f"{name} boot {number}", session=seen.session + 1
        )
        assert self.storage.directory.write(lambda rows: rows.hosts.replace(seen, after))
        return after

    def force(self, name: str, down: bool) -> None:
        wanted = compute_services.Wanted(forced_down=down)
        compute_services.update_on_host(
            self.storage.cells,
            self.storage.directory,
            self.caller(ADMIN),
            name,
            COMPUTE,
            wanted,
            self.now,
        )

    # ---------------------------------------------------------------------------------- servers

    def caller(self, who: Caller = OWNER) -> Caller:
        """With a request of its own."""
        return who._replace(request_id=f"req-{next(NUMBERS)}")

    def asker(self, admin: bool = False) -> Asker:
        who = ADMIN if admin else OWNER
        return Asker(self.caller(who), admin, window(self.now, LIVENESS), self.now)

    def create(
        self, number: int = 1, wish: Wish = WISH, least: int | None = None
    ) -> list[Instance]:
        zones = ZoneMap(self.storage.directory, ZonePolicy())
        surveyor = Surveyor(self.storage.directory, zones, LIVENESS, self.ratios)
        making = Making(self.storage.cells, self.storage.directory, surveyor, self.quotas)
        count = Count(number if least is None else least, number)
        return server_create.create(making, self.caller(), wish, count, self.now)

    def running(self, wish: Wish = WISH) -> Instance:
        """A server whose host has told that it runs."""
        (made,) = self.create(1, wish)
        assert made.host is not None
        self.say(made.host, made.uuid, PowerState.RUNNING)
        return self.get(made.uuid)

    def act(self, uuid: str, action: ServerAction, admin: bool = False) -> Instance:
        return server_changes.act(self.cell, uuid, action, self.asker(admin))

    def delete(self, uuid: str, admin: bool = False) -> Instance:
        return server_changes.delete(self.cell, uuid, self.asker(admin))

    def get(self, uuid: str) -> Instance:
        """The row, deleted or not."""
        found = self.cell.read(lambda rows: rows.instances.get(uuid, deleted=True))
        assert found is not None
        return found

    def states(self, uuid: str) -> tuple[str, str | None, str, int]:
        seen = self.get(uuid)
        return seen.vm_state, seen.task_state, seen.wanted, seen.order

    def permits(self, uuid: str) -> list[Permit]:
        return self.cell.read(lambda rows: rows.permits.of_instance(uuid))

    def open(self, uuid: str) -> list[Permit]:
        return [each for each in self.permits(uuid) if each.ended is None]

    def history(self, uuid: str) -> list[tuple[Action, list[Event]]]:
        """Oldest first."""

        def look(rows: CellRows) -> list[tuple[Action, list[Event]]]:
            found = rows.actions.of_instance(uuid) or []
            return [each for a in reversed(found) if (each := rows.actions.get(uuid, a.request_id))]

        return self.cell.read(look)

    def told(self, uuid: str) -> list[Said]:
        """The history in short."""
        return [
            (action.action, event.result, event.details)
            for action, events in self.history(uuid)
            for event in events or [Event(0, "", None, self.now, None, "", None)]
        ]

    # ----------------------------------------------------------------------------------- agents

    def fetch(
        self,
        name: str,
        known: int = 0,
        resume: Resume = NOBODY,
        record: HostRecord | None = None,
        settled: int = 0,
        **said: object,
    ) -> Served:
        host = record or self.record(name)
        question = Question(known, settled, **said)  # type: ignore[arg-type] # a table of facts
        return assignments.fetch(self.cell, host, question, resume, self.now)

    def assigned(self, name: str, resume: Resume = NOBODY) -> Sequence[Assignment]:
        served = self.fetch(name, resume=resume)
        assert served.instances is not None
        return served.instances

    def said(self, uuid: str, state: PowerState = PowerState.RUNNING, **facts: object) -> Outcome:
        """What a host would say of the newest order, under the newest permit."""
        newest = self.permits(uuid)[-1].generation
        plain: dict[str, object] = {
            "uuid": uuid,
            "generation": newest,
            "order": self.get(uuid).order,
            "state": state,
            "claimed": True,
        }
        return Outcome(**(plain | facts))  # type: ignore[arg-type] # a table of facts

    def say(
        self, name: str, uuid: str, state: PowerState = PowerState.RUNNING, **facts: object
    ) -> list[Instance]:
        return self.tell(name, self.said(uuid, state, **facts))

    def tell(self, name: str, *said: Outcome) -> list[Instance]:
        return outcomes.take(self.cell, self.record(name), said, self.now, self.known)

    def known(self, host_id: str) -> HostRecord | None:
        return self.storage.directory.read(lambda rows: rows.hosts.get(host_id))

    def gone(self, name: str, uuid: str, **facts: object) -> list[Instance]:
        return self.say(name, uuid, PowerState.NOSTATE, gone=True, **facts)
