"""Server groups: list, show, make, delete, and who is in them (contract 6.5).

Every change takes the lock of all groups first and then reads what it decides by. That is how a
project cannot get more groups than its quota allows, nor a server into a group that is being
deleted. A server joins when it is created and leaves when it is deleted: `join` and `leave` work in
the transaction of whoever does that.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from hostdown.domain.model import Caller
from hostdown.domain.quota_errors import TooManyServerGroups, TooManyServersInGroup
from hostdown.domain.quotas import exceeds
from hostdown.domain.server_errors import GroupTakesNoRules, ServerGroupNotFound
from hostdown.domain.server_groups import GroupPolicy, ServerGroup
from hostdown.services import server_group_journal as journal
from hostdown.services.directory_ports import Directory, DirectoryRows


def list_groups(directory: Directory, project_id: str | None) -> list[ServerGroup]:
    """Those of a project, or of all for None, in the order in which they were made."""
    return directory.read(lambda rows: rows.server_groups.all(project_id))


def show(directory: Directory, uuid: str) -> ServerGroup:
    """One; raises ServerGroupNotFound."""
    return directory.read(lambda rows: _found(rows, uuid))


def there(directory: Directory, uuids: Collection[str]) -> frozenset[str]:
    """Those of them that exist."""
    return directory.read(
        lambda rows: frozenset(each for each in uuids if rows.server_groups.get(each) is not None)
    )


def count(directory: Directory, project_id: str) -> int:
    """How many a project has."""
    return directory.read(lambda rows: rows.server_groups.count(project_id))


class Wanted(NamedTuple):
    """A group to make, for a project."""

    name: str
    project_id: str
    policy: GroupPolicy
    max_server_per_host: int | None = None


def create(
    directory: Directory, caller: Caller, wanted: Wanted, groups_max: int, now: datetime
) -> ServerGroup:
    """A new one without members; `groups_max`: how many a project may have.

    Raises GroupTakesNoRules, TooManyServerGroups.
    """
    if wanted.max_server_per_host is not None and wanted.policy != GroupPolicy.ANTI_AFFINITY:
        raise GroupTakesNoRules
    made = ServerGroup(
        0,
        str(uuid4()),
        wanted.name,
        wanted.project_id,
        caller.user_id,
        wanted.policy,
        wanted.max_server_per_host,
        now,
    )

    def work(rows: DirectoryRows) -> ServerGroup:
        rows.server_groups.lock()
        if exceeds(rows.server_groups.count(wanted.project_id) + 1, groups_max):
            raise TooManyServerGroups
        added = rows.server_groups.add(made)
        journal.created(rows, added, caller, now)
        return added

    return directory.write(work)


def delete(directory: Directory, caller: Caller, uuid: str, now: datetime) -> None:
    """Delete one, with members or without; raises ServerGroupNotFound."""

    def work(rows: DirectoryRows) -> None:
        rows.server_groups.lock()
        seen = _found(rows, uuid)
        rows.server_groups.remove(seen)
        journal.deleted(rows, seen, caller, now)

    directory.write(work)


def join(
    rows: DirectoryRows,
    caller: Caller,
    group_uuid: str,
    instance_uuid: str,
    members_max: int,
    now: datetime,
) -> ServerGroup:
    """Put a new server into a group; nothing happens if it is there.

    Raises ServerGroupNotFound, TooManyServersInGroup.
    """
    rows.server_groups.lock()
    seen = _found(rows, group_uuid)
    if instance_uuid in seen.members:
        return seen
    if exceeds(len(seen.members) + 1, members_max):
        raise TooManyServersInGroup
    rows.server_group_members.add(seen, instance_uuid)
    after = seen._replace(members=(*seen.members, instance_uuid))
    journal.joined(rows, after, caller, now)
    return after


def leave(rows: DirectoryRows, instance_uuid: str) -> None:
    """Take a server that is no more out of its group, if it is in one; Nova tells nobody of it."""
    if rows.server_group_members.group_of(instance_uuid) is not None:
        rows.server_groups.lock()
        rows.server_group_members.remove(instance_uuid)


def _found(rows: DirectoryRows, uuid: str) -> ServerGroup:
    found = rows.server_groups.get(uuid)
    if found is None:
        raise ServerGroupNotFound(group_id=uuid)
    return found
