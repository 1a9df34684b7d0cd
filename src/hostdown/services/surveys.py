"""What placement has to know beside a cell's rows, read before the transaction that places."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.destinations import Group, Ratios
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.domain.server_groups import ServerGroup
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.placement import Hosts
from hostdown.services.zone_map import ZoneMap


class Surveyor(NamedTuple):
    """Looks at hosts and groups."""

    directory: Directory
    zones: ZoneMap
    liveness: LivenessPolicy
    ratios: Ratios
    local_disks: LocalDisks = LocalDisks.RECREATE

    def hosts(self, now: datetime) -> Hosts:
        """All hosts, with their zones."""
        records = self.directory.read(lambda rows: rows.hosts.all())
        return Hosts(
            {record.name: record for record in records},
            self.zones.current(),
            window(now, self.liveness),
            self.ratios,
            self.local_disks,
        )

    def groups(self, instances: Collection[str]) -> Mapping[str, Group]:
        """The server groups of these servers by their uuids; one that was deleted binds nobody."""

        def work(rows: DirectoryRows) -> dict[str, Group]:
            named = rows.server_group_members.groups_of(instances)
            groups = [rows.server_groups.get(uuid) for uuid in named]
            return {each.uuid: _group(each) for each in groups if each is not None}

        return self.directory.read(work)

    def all_groups(self) -> Mapping[str, Group]:
        """All that there are."""
        found = self.directory.read(lambda rows: rows.server_groups.all(None))
        return {each.uuid: _group(each) for each in found}


def _group(of: ServerGroup) -> Group:
    """Nobody has looked yet where its members are."""
    return Group(of.policy.value, {}, of.max_server_per_host or 1)
