"""Users, projects, roles, revocations and shared secrets of the directory."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic

from orjson import dumps, loads
from sqlalchemy import Table, bindparam, func, literal_column, null, or_, select, true

from hostdown.domain.errors import NameTaken
from hostdown.domain.roles import ADMIN
from hostdown.services.directory_ports import Revocation
from hostdown.services.identity_ports import SYSTEM, Grant, Held, NamedRows, Project, Row, User
from hostdown.storage.directory_tables import (
    keys,
    projects,
    revisions,
    revocations,
    roles,
    users,
)
from hostdown.storage.sql import Compiler, parameters
from hostdown.storage.transaction import Params, Transaction, unique
from hostdown.storage.types import moment, storable, written


class NamedSql:
    """The statements of `_SqlNamedRows`, for one of the two tables."""

    def __init__(self, sql: Compiler, table: Table, fields: Sequence[str]) -> None:
        columns = table.c
        query = select(*(columns[field] for field in fields))
        by_id = columns.id == bindparam("id")
        self.all = sql.text(query.order_by(columns.name))
        self.get = sql.text(query.where(by_id))
        self.named = sql.text(query.where(columns.name == bindparam("name")))
        self.count = sql.text(select(func.count()).select_from(table))
        # Update, else insert: an upsert on MariaDB would overwrite whoever has the name.
        values = parameters(name for name in fields if name != "id")
        self.update = sql.text(table.update().where(by_id).values(values))
        self.insert = sql.text(sql.insert(table, fields))
        self.remove = sql.text(table.delete().where(by_id))


class GrantSql:
    """The statements of `SqlGrantRows`."""

    def __init__(self, sql: Compiler) -> None:
        user, target = roles.c.user_id, roles.c.project_id
        mine = (user == bindparam("user_id"), target == bindparam("target"))
        self.all = sql.text(select(user, target, roles.c.role).order_by(user, target, roles.c.role))
        self.of = sql.text(select(roles.c.role, roles.c.stamp).where(*mine).order_by(roles.c.role))
        self.targets = sql.text(select(target).distinct().where(user == bindparam("user_id")))
        self.count = sql.text(select(func.count()).select_from(roles))
        self.admins = sql.text(
            select(func.count())
            .select_from(roles.join(users, users.c.id == user))
            .outerjoin(projects, projects.c.id == target)
            .where(
                roles.c.role == bindparam("role"),
                users.c.enabled.is_(true()),
                users.c.password_hash.not_like(bindparam("no_password")),
                or_(target == bindparam("system"), projects.c.enabled.is_(true())),
            )
        )
        self.drop = sql.text(roles.delete().where(*mine))
        row: dict[str, Any] = {"user_id": bindparam("user_id"), "project_id": bindparam("target")}
        row |= {"role": bindparam("role"), "stamp": bindparam("stamp")}
        self.add = sql.text(roles.insert().values(row))
        self.drop_user = sql.text(roles.delete().where(user == bindparam("id")))
        self.drop_target = sql.text(roles.delete().where(target == bindparam("id")))


class IdentitySql:
    """The statements of `SqlIdentityRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.users = NamedSql(sql, users, User._fields)
        self.projects = NamedSql(sql, projects, Project._fields)
        self.grants = GrantSql(sql)
        default = users.c.default_project_id
        forget = users.update().where(default == bindparam("id")).values({default: null()})
        self.forget_default = sql.text(forget)
        number = revisions.c.number + literal_column("1")
        self.take_turn = sql.text(
            sql.upsert(revisions, ["name", "number"], ["name"], added={"number": number})
        )


class _SqlNamedRows(Generic[Row]):
    """`services.identity_ports.NamedRows` in a transaction."""

    __slots__ = ("_kind", "_made", "_removed", "_sql", "_tx")

    def __init__(
        self,
        tx: Transaction,
        sql: NamedSql,
        kind: str,
        made: Callable[[Sequence[Any]], Row],
        removed: Sequence[str],
    ) -> None:
        self._tx = tx
        self._sql = sql
        self._kind = kind
        self._made: Callable[[Sequence[Any]], Row] = made
        self._removed = removed

    def all(self) -> list[Row]:
        return [self._made(row) for row in self._tx.rows(self._sql.all, {})]

    def get(self, row_id: str) -> Row | None:
        return self._one(self._sql.get, {"id": row_id}, row_id)

    def named(self, name: str) -> Row | None:
        return self._one(self._sql.named, {"name": name}, name)

    def count(self) -> int:
        return int(self._tx.value(self._sql.count, {}))

    def put(self, row: Row) -> None:
        facts = {**row._asdict(), "extra": dumps(row.extra).decode()}
        with unique(NameTaken(kind=self._kind, name=row.name)):
            if not self._tx.run(self._sql.update, facts):
                self._tx.run(self._sql.insert, facts)

    def remove(self, row_id: str) -> None:
        for statement in (*self._removed, self._sql.remove):
            self._tx.run(statement, {"id": row_id})

    def _one(self, query: str, facts: Params, wanted: str) -> Row | None:
        row = self._tx.row(query, facts) if storable(wanted) else None
        return None if row is None else self._made(row)


def _user(row: Sequence[Any]) -> User:
    user_id, name, password_hash, enabled, project_id, extra = row
    return User(user_id, name, password_hash, bool(enabled), project_id, loads(extra or "{}"))


def _project(row: Sequence[Any]) -> Project:
    project_id, name, enabled, stamp, extra = row
    return Project(project_id, name, bool(enabled), stamp, loads(extra or "{}"))


class SqlGrantRows:
    """`services.identity_ports.GrantRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: GrantSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> list[Grant]:
        return [Grant._make(row) for row in self._tx.rows(self._sql.all, {})]

    def of(self, user_id: str, target: str) -> Held | None:
        rows = self._tx.rows(self._sql.of, {"user_id": user_id, "target": target})
        return Held(tuple(role for role, _ in rows), rows[0][1]) if rows else None

    def targets(self, user_id: str) -> frozenset[str]:
        rows = self._tx.rows(self._sql.targets, {"user_id": user_id})
        return frozenset(target for (target,) in rows)

    def count(self) -> int:
        return int(self._tx.value(self._sql.count, {}))

    def admins(self) -> int:
        facts = {"role": ADMIN, "system": SYSTEM, "no_password": "%:"}
        return int(self._tx.value(self._sql.admins, facts))

    def put(self, user_id: str, target: str, held: Held) -> None:
        facts = {"user_id": user_id, "target": target}
        self._tx.run(self._sql.drop, facts)
        for role in sorted(set(held.roles)):
            self._tx.run(self._sql.add, {**facts, "role": role, "stamp": held.stamp})


class SqlIdentityRows:
    """`services.identity_ports.IdentityRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: IdentitySql) -> None:
        self._tx = tx
        self._sql = sql

    @property
    def users(self) -> NamedRows[User]:
        removed = (self._sql.grants.drop_user,)
        return _SqlNamedRows(self._tx, self._sql.users, "user", _user, removed)

    @property
    def projects(self) -> NamedRows[Project]:
        removed = (self._sql.grants.drop_target, self._sql.forget_default)
        return _SqlNamedRows(self._tx, self._sql.projects, "project", _project, removed)

    @property
    def grants(self) -> SqlGrantRows:
        return SqlGrantRows(self._tx, self._sql.grants)

    def take_turn(self) -> None:
        self._tx.run(self._sql.take_turn, {"name": "identity", "number": 1})


class RevocationSql:
    """The statements of `SqlRevocationRows`."""

    def __init__(self, sql: Compiler) -> None:
        old = revocations.c
        subject = old.subject == bindparam("subject")
        self.seen = sql.text(select(old.issued_until, old.expires_at).where(subject))
        self.put = sql.text(sql.upsert(revocations, Revocation._fields, ["subject"]))
        self.forget = sql.text(revocations.delete().where(old.expires_at < bindparam("before")))
        self.current = sql.text(
            select(*(old[name] for name in Revocation._fields))
            .where(old.expires_at > bindparam("now"))
            .order_by(old.subject)
        )


class SqlRevocationRows:
    """`services.directory_ports.RevocationRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: RevocationSql) -> None:
        self._tx = tx
        self._sql = sql

    def put(self, revocation: Revocation) -> None:
        """A second one for a subject never shortens the first; dead ones are dropped here."""
        subject, issued_until, expires_at = revocation
        until, expires = written(issued_until), written(expires_at)
        seen = self._tx.row(self._sql.seen, {"subject": subject})
        if seen is not None:
            until, expires = max(until, seen[0]), max(expires, seen[1])
        facts = {"subject": subject, "issued_until": until, "expires_at": expires}
        self._tx.run(self._sql.put, facts)
        self._tx.run(self._sql.forget, {"before": written(issued_until)})

    def current(self, now: datetime) -> list[Revocation]:
        rows = self._tx.rows(self._sql.current, {"now": written(now)})
        return [Revocation(subject, moment(u), moment(e)) for subject, u, e in rows]


class KeySql:
    """The statements of `SqlKeyRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.put_new = sql.text(sql.insert_new(keys, ["name", "value"], ["name"]))
        self.put = sql.text(sql.upsert(keys, ["name", "value"], ["name"]))
        self.get = sql.text(select(keys.c.value).where(keys.c.name == bindparam("name")))


class SqlKeyRows:
    """`services.directory_ports.KeyRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: KeySql) -> None:
        self._tx = tx
        self._sql = sql

    def get_or_put(self, name: str, made: bytes) -> bytes:
        self._tx.run(self._sql.put_new, {"name": name, "value": made})
        return bytes(self._tx.value(self._sql.get, {"name": name}))

    def get(self, name: str) -> bytes | None:
        row = self._tx.row(self._sql.get, {"name": name})
        return None if row is None else bytes(row[0])

    def put(self, name: str, value: bytes) -> None:
        self._tx.run(self._sql.put, {"name": name, "value": value})
