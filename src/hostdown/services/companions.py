"""The members of server groups while some of them move (contract 5.6, 10.2 edges 37 to 39).

A member is where it is, or where it is going. One whose host is down is nowhere: it has to move,
too. An `affinity` group moves as a unit, to a host that has room for all of those.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hostdown.domain import evacuation
from hostdown.domain.destinations import AFFINITY, NOTHING, Group, Sizes
from hostdown.domain.instance import Instance
from hostdown.domain.migration import Migration, Status, Step
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.migration_ports import MigrationQuery


class Company(NamedTuple):
    """A server's group, with its other members on hosts.

    `waiting` are those that have to move from hosts that are down, and `unsure` tells whether some
    are still on their way to their hosts, which may refuse them.
    """

    group: Group
    waiting: tuple[Instance, ...]
    unsure: bool


class Companions:
    """The groups of one transaction, by uuid. One that was deleted binds nobody (bug 1890244)."""

    def __init__(
        self, rows: CellRows, groups: Mapping[str, Group], is_up: Callable[[str], bool]
    ) -> None:
        self._rows = rows
        self._groups = groups
        self._is_up = is_up
        self._placed: dict[str, str] = {}

    def placed(self, instance: Instance, host: str) -> None:
        """It goes there, whether or not that is written yet."""
        self._placed[instance.uuid] = host

    def of(self, instance: Instance) -> Company | None:
        """As its group is now; None if it has none."""
        if instance.group is None or instance.group not in self._groups:
            return None
        group = self._groups[instance.group]
        query = InstanceQuery(equal=[("group_uuid", [instance.group])])
        others = [each for each in self._rows.instances.find(query) if each.uuid != instance.uuid]
        open_keys = MigrationQuery(equal=[("open_key", [each.uuid for each in others])])
        moving = {
            each.instance: each
            for each in (self._rows.migrations.find(open_keys) if others else ())
            if each.step is Step.WATCH
        }
        there: Counter[str] = Counter()
        waiting: list[Instance] = []
        for each in others:
            host = self._host_of(each, moving.get(each.uuid), group)
            if host is not None:
                there[host] += 1
            elif evacuation.is_possible(each):
                waiting.append(each)
        group = group._replace(members=there, waiting=_sum(map(sizes_of, waiting)))
        return Company(group, tuple(waiting), bool(moving))

    def _host_of(self, of: Instance, move: Migration | None, group: Group) -> str | None:
        """A destination that is dead or could not have it is none that others should follow to.

        As long as it may still have it, nobody who must not meet it goes there.
        """
        if of.uuid in self._placed:
            return self._placed[of.uuid]
        if move is None or move.dest_host is None:
            return of.host if of.host is not None and self._is_up(of.host) else None
        host = move.source_host if move.status is Status.REVERTING else move.dest_host
        lost = host in move.tried or not self._is_up(host)
        return None if lost and group.policy == AFFINITY else host


def _sum(sizes: Iterable[Sizes]) -> Sizes:
    total = NOTHING
    for each in sizes:
        total = Sizes(*(one + more for one, more in zip(total, each, strict=True)))
    return total


def sizes_of(instance: Instance) -> Sizes:
    """What is promised to it wherever it is."""
    flavor = instance.flavor
    return Sizes(flavor.vcpus, flavor.memory_mb, flavor.root_gb)
