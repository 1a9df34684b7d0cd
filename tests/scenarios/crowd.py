"""Hosts without servers and without an agent's threads: many of them, for storms."""

from datetime import datetime
from uuid import NAMESPACE_DNS, uuid5

from tests.scenarios.air import Answers, Said
from tests.scenarios.devices import identity
from tests.scenarios.wire import Link
from tests.scenarios.world import START, Group, World

from hostdown.domain.machine import FIRMWARE, machine_id
from hostdown.domain.model import COMPUTE, HostRecord, Resources
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.services.reports import SEQUENCE_BITS
from hostdown.storage import Storage

REPORT_S = 10.0
BOOT_S = 5.0
"""From the power to the first report."""


class LightHost:
    """Its record, and whether it is on."""

    def __init__(self, world: World, storage: Storage, name: str) -> None:
        self.name = name
        self.link = Link(world)
        self.answers = Answers(lambda: None)
        self.is_on = True
        self.is_frozen = False
        self.service = 0
        self._world = world
        self._storage = storage
        self._on_at = -BOOT_S
        whose = identity(name)
        self.record = HostRecord(
            id=str(uuid5(NAMESPACE_DNS, name)), name=name, cell=storage.cells.all()[0].name,
            secret=b"secret of " + name.encode(), boot=1, session=1, boot_id=f"{name} boot 1",
            machine_id=machine_id(FIRMWARE, [str(whose.uuid), str(whose.serial)]),
            agent_version="1", enrolled_at=START, deleted_at=None,
        )  # fmt: skip

    @property
    def lives(self) -> bool:
        """Its agent works."""
        is_up = self._world.seconds >= self._on_at + BOOT_S
        return self.is_on and not self.is_frozen and is_up

    @property
    def said(self) -> Said | None:
        if not self.lives:
            return None
        record = self.record
        return Said(record.id, record.secret, record.session, record.boot_id)

    @property
    def boot_id(self) -> str:
        """Of the kernel that runs there, or ran last."""
        return self.record.boot_id

    def lose_power(self) -> None:
        self.is_on = self.is_frozen = False

    def power_on(self) -> None:
        """It boots; a session begins."""
        if self.is_on:
            return
        self.is_on, self._on_at = True, self._world.seconds
        seen, number = self.record, self.record.boot + 1
        self.record = seen._replace(
            boot=number, session=seen.session + 1, boot_id=f"{self.name} boot {number}"
        )
        self._storage.directory.write(lambda rows: rows.hosts.replace(seen, self.record))

    def heal(self) -> None:
        self.link.heal()
        self.is_frozen = False
        self.power_on()


class Crowd:
    """All of them; one event is the reports of all at that moment."""

    def __init__(self, world: World, storage: Storage) -> None:
        self.hosts: dict[str, LightHost] = {}
        self._world = world
        self._storage = storage
        self._cell = storage.cells.all()[0]
        self._count = 0

    def add(self, names: list[str]) -> list[LightHost]:
        """They are enrolled, and report from now on."""
        made = [LightHost(self._world, self._storage, name) for name in names]
        for host in made:
            self._storage.directory.write(lambda rows, host=host: rows.hosts.add(host.record))
        self._cell.write(lambda rows: self._enrol(rows, made))
        if not self.hosts:
            self._world.spawn(Group("crowd"), "reports", self._go_on)
        self.hosts |= {each.name: each for each in made}
        return made

    def heal(self) -> None:
        for host in self.hosts.values():
            host.heal()

    def _enrol(self, rows: CellRows, made: list[LightHost]) -> None:
        now = self._world.now()
        for host in made:
            found = rows.services.create(host.name, COMPUTE, now, None)
            assert found is not None
            host.service = found.id
            told = Resources(
                8, 4096, 100, 0, 0, 0, 0, "QEMU", 1, host.name, "192.0.2.1", "{}", None
            )
            rows.reports.resources(found.id, told, now)
        self._report(rows, made, now)

    def _go_on(self) -> None:
        while True:
            self._world.sleep(REPORT_S)
            able = [each for each in self.hosts.values() if each.lives and not each.link.is_cut]
            now = self._world.now()
            self._cell.write(lambda rows, able=able, now=now: self._report(rows, able, now))

    def _report(self, rows: CellRows, hosts: list[LightHost], now: datetime) -> None:
        self._count += 1
        asked = rows.hearing.now().asked
        beats = []
        for host in hosts:
            number = (host.record.session << SEQUENCE_BITS) | self._count
            beats.append(Heartbeat(host.service, now, number))
            if rows.hearing.standing(host.record.id).told < asked:
                rows.hearing.tell(host.record.id, asked)
        rows.reports.heartbeats(beats)
