"""What the database says, and what the machines are: read after each turn, told as a timeline."""

from typing import NamedTuple

from tests.scenarios.hosts import SimHost
from tests.scenarios.world import World

from hostdown.domain.instance import INCOMING, Instance, Permit
from hostdown.domain.migration import Migration
from hostdown.domain.model import COMPUTE, Service
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.migration_ports import MigrationQuery
from hostdown.storage import Storage


class Rows(NamedTuple):
    """The database, by instance and by host."""

    instances: dict[str, Instance]
    permits: dict[str, list[Permit]]
    moves: dict[str, list[Migration]]
    services: dict[str, Service]

    @property
    def forced_down(self) -> dict[str, bool]:
        return {host: each.forced_down for host, each in self.services.items()}


def read(storage: Storage) -> Rows:
    """All at one moment."""

    def look(rows: CellRows) -> Rows:
        found = rows.instances.find(InstanceQuery(deleted=None))
        moves: dict[str, list[Migration]] = {each.uuid: [] for each in found}
        for each in rows.migrations.find(MigrationQuery(oldest_first=True)):
            moves[each.instance].append(each)
        return Rows(
            {each.uuid: each for each in found},
            {each.uuid: rows.permits.of_instance(each.uuid) for each in found},
            moves,
            {each.host: each for each in rows.services.find(None, COMPUTE)},
        )

    return storage.cells.all()[0].read(look)


NOTHING = Rows({}, {}, {}, {})


class Timeline:
    """What happened, a line each, in the words of an incident report."""

    def __init__(self, world: World) -> None:
        self.lines: list[str] = []
        self.names: dict[str, str] = {}
        """Of instances and of hosts, by their ids."""
        self._world = world

    def say(self, sentence: str) -> None:
        self.lines.append(f"{self._world.seconds:4.0f}  {sentence}")

    def befell(self, uuid: str, what: str) -> None:
        self.say(f"{self.name(uuid)} {what}")

    def name(self, id: str) -> str:
        return self.names.get(id, id[:8])

    def changed(self, before: Rows, after: Rows) -> None:
        """Tell what is new in the database."""
        for uuid, permits in after.permits.items():
            known = {each.generation: each for each in before.permits.get(uuid, [])}
            for each in permits:
                self._permit(known.get(each.generation), each)
        for uuid, moves in after.moves.items():
            earlier = {each.uuid: each for each in before.moves.get(uuid, [])}
            for move in moves:
                self._move(earlier.get(move.uuid), move)
        for uuid, instance in after.instances.items():
            self._instance(before.instances.get(uuid), instance)
        was_down = before.forced_down
        for host, down in after.forced_down.items():
            if down != was_down.get(host, False):
                self.say(f"{host} is forced down" if down else f"{host} is up again")

    def _permit(self, before: Permit | None, after: Permit) -> None:
        name = f"g{after.generation} of {self.name(after.instance)}"
        if before is None:
            over = ", ".join(f"g{each.generation}" for each in after.over)
            how = "is to be sent" if after.kind == INCOMING else "is granted"
            self.say(f"{name} {how} to {after.host}{f' over {over}' if over else ''}")
        elif after.kind != before.kind:
            self.say(f"{name} is for {after.host} to run")
        elif after.asked_back and not before.asked_back:
            self.say(f"{name} is asked back from {after.host}")
        was = None if before is None else before.ended
        if after.ended is not None and was is None:
            self.say(f"{name} on {after.host} ends by {after.ended.kind}")
        elif after.ended is not None and was is not None and after.ended.kind != was.kind:
            self.say(f"what ended {name} on {after.host} is {after.ended.kind}")
        elif after.ended is None and was is not None:
            self.say(f"{name} on {after.host} is open again")

    def _move(self, before: Migration | None, after: Migration) -> None:
        was = None if before is None else before.status
        if was is not after.status:
            to = f" to {after.dest_host}" if after.generation else ""
            self.say(f"move of {self.name(after.instance)}{to}: {after.status.value}")

    def _instance(self, before: Instance | None, after: Instance) -> None:
        was = None if before is None else _shown(before)
        if was != _shown(after) and after.task_state is None:
            self.say(f"{self.name(after.uuid)} is {after.vm_state} on {after.host}")


def _shown(instance: Instance) -> tuple[str | None, ...]:
    return instance.vm_state, instance.task_state, instance.host


def writers(hosts: dict[str, SimHost]) -> dict[str, list[str]]:
    """Where a copy of each instance runs that can write, by instance."""
    found: dict[str, list[str]] = {}
    for host in hosts.values():
        if host.is_on and not host.is_frozen and not host.path.is_cut and host.guests is not None:
            for uuid in host.guests.running.keys() - host.guests.failed:
                found.setdefault(uuid, []).append(host.name)
    return found
