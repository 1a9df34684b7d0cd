"""Server groups and their members; both are read by one statement, so that they fit together."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from hostdown.domain.server_groups import GroupPolicy, ServerGroup
from hostdown.storage.directory_tables import server_group_members, server_groups
from hostdown.storage.locks import LockSql
from hostdown.storage.sql import AnyOf, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, storable, written

_SHOWN = tuple(name for name in ServerGroup._fields if name != "members")


def _with_members(*which: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    g, m = server_groups.c, server_group_members.c
    joined = server_groups.outerjoin(server_group_members, m.group_uuid == g.uuid)
    shown = select(*(g[name] for name in _SHOWN), m.instance_uuid).select_from(joined)
    return shown.where(*which).order_by(g.id, m.id)


class ServerGroupSql:
    """The statements of `SqlServerGroupRows`."""

    def __init__(self, sql: Compiler) -> None:
        of_project = server_groups.c.project_id == bindparam("project_id")
        this = server_groups.c.uuid == bindparam("uuid")
        self.lock = LockSql(sql, "server_groups")
        self.all = sql.many(_with_members())
        self.of_project = sql.many(_with_members(of_project))
        self.get = sql.text(_with_members(this))
        self.count = sql.text(select(func.count()).select_from(server_groups).where(of_project))
        self.add = sql.text(sql.insert(server_groups, _SHOWN[1:]))
        self.remove = sql.text(server_groups.delete().where(this))
        members = server_group_members.c.group_uuid == bindparam("uuid")
        self.forget = sql.text(server_group_members.delete().where(members))


class SqlServerGroupRows:
    """`services.server_group_ports.ServerGroupRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ServerGroupSql) -> None:
        self._tx = tx
        self._sql = sql

    def lock(self) -> None:
        self._sql.lock.take(self._tx)

    def all(self, project_id: str | None) -> list[ServerGroup]:
        if project_id is None:
            return _groups(self._sql.all.read(self._tx, {}))
        if not storable(project_id):
            return []
        return _groups(self._sql.of_project.read(self._tx, {"project_id": project_id}))

    def get(self, uuid: str) -> ServerGroup | None:
        if not storable(uuid):
            return None
        found = _groups(self._tx.rows(self._sql.get, {"uuid": uuid}))
        return found[0] if found else None

    def count(self, project_id: str) -> int:
        if not storable(project_id):
            return 0
        return int(self._tx.value(self._sql.count, {"project_id": project_id}))

    def add(self, made: ServerGroup) -> ServerGroup:
        facts = {name: getattr(made, name) for name in _SHOWN[1:]}
        changed = {"policy": made.policy.value, "created_at": written(made.created_at)}
        self._tx.run(self._sql.add, {**facts, **changed})
        (added,) = _groups(self._tx.rows(self._sql.get, {"uuid": made.uuid}))
        return added

    def remove(self, group: ServerGroup) -> None:
        self._tx.run(self._sql.forget, {"uuid": group.uuid})
        self._tx.run(self._sql.remove, {"uuid": group.uuid})


def _groups(rows: Sequence[Row]) -> list[ServerGroup]:
    made: dict[int, Row] = {}
    members: dict[int, list[str]] = {}
    for *facts, member in rows:
        number = facts[0]
        made[number] = tuple(facts)
        members.setdefault(number, [])
        if member is not None:
            members[number].append(member)
    return [
        ServerGroup._make((*facts, GroupPolicy(policy), most, moment(at), tuple(members[facts[0]])))
        for *facts, policy, most, at in made.values()
    ]


class ServerGroupMemberSql:
    """The statements of `SqlServerGroupMemberRows`."""

    def __init__(self, sql: Compiler) -> None:
        columns = server_group_members.c
        this = columns.instance_uuid == bindparam("instance_uuid")
        self.group_of = sql.text(select(columns.group_uuid).where(this))
        self.groups_of = AnyOf(
            sql,
            columns.instance_uuid,
            lambda which: select(columns.group_uuid).where(which),
        )
        self.add = sql.text(sql.insert(server_group_members, ["group_uuid", "instance_uuid"]))
        self.remove = sql.text(server_group_members.delete().where(this))


class SqlServerGroupMemberRows:
    """`services.server_group_ports.ServerGroupMemberRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ServerGroupMemberSql) -> None:
        self._tx = tx
        self._sql = sql

    def group_of(self, instance_uuid: str) -> str | None:
        row = self._tx.row(self._sql.group_of, {"instance_uuid": instance_uuid})
        return None if row is None else str(row[0])

    def groups_of(self, instance_uuids: Collection[str]) -> list[str]:
        rows = self._sql.groups_of.read(self._tx, list(instance_uuids))
        return sorted({str(uuid) for (uuid,) in rows})

    def add(self, group: ServerGroup, instance_uuid: str) -> None:
        self._tx.run(self._sql.add, {"group_uuid": group.uuid, "instance_uuid": instance_uuid})

    def remove(self, instance_uuid: str) -> None:
        self._tx.run(self._sql.remove, {"instance_uuid": instance_uuid})
