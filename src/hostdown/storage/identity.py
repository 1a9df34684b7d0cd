"""Users, projects, roles, revocations and shared secrets of the directory."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, bindparam, select

from hostdown.domain.errors import NameTaken
from hostdown.services.directory_ports import Project, Revocation, User
from hostdown.storage.directory_tables import keys, projects, revocations, roles, users
from hostdown.storage.sql import Compiler, parameters
from hostdown.storage.transaction import Transaction, is_duplicate
from hostdown.storage.types import moment, written


class PutSql:
    """Update by id, else insert: an upsert on MariaDB would overwrite whoever has the name."""

    def __init__(self, sql: Compiler, table: Table, fields: Sequence[str]) -> None:
        values = parameters(name for name in fields if name != "id")
        self.update = sql.text(table.update().where(table.c.id == bindparam("id")).values(values))
        self.insert = sql.text(sql.insert(table, fields))


class IdentitySql:
    """The statements of `SqlIdentityRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.users = sql.text(select(*(users.c[f] for f in User._fields)).order_by(users.c.name))
        self.projects = sql.text(
            select(*(projects.c[f] for f in Project._fields)).order_by(projects.c.name)
        )
        mine = (
            roles.c.user_id == bindparam("user_id"),
            roles.c.project_id == bindparam("project_id"),
        )
        self.roles = sql.text(select(roles.c.role).where(*mine).order_by(roles.c.role))
        self.drop_roles = sql.text(roles.delete().where(*mine))
        self.add_role = sql.text(sql.insert(roles, ["user_id", "project_id", "role"]))
        self.put_user = PutSql(sql, users, User._fields)
        self.put_project = PutSql(sql, projects, Project._fields)


class SqlIdentityRows:
    """`services.directory_ports.IdentityRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: IdentitySql) -> None:
        self._tx = tx
        self._sql = sql

    def users(self) -> list[User]:
        rows = self._tx.rows(self._sql.users, {})
        return [User(i, name, hashed, bool(on), project) for i, name, hashed, on, project in rows]

    def projects(self) -> list[Project]:
        rows = self._tx.rows(self._sql.projects, {})
        return [Project(project_id, name, bool(on)) for project_id, name, on in rows]

    def roles(self, user_id: str, project_id: str) -> tuple[str, ...]:
        facts = {"user_id": user_id, "project_id": project_id}
        return tuple(role for (role,) in self._tx.rows(self._sql.roles, facts))

    def put_user(self, user: User) -> None:
        self._put(self._sql.put_user, user._asdict(), "user")

    def put_project(self, project: Project) -> None:
        self._put(self._sql.put_project, project._asdict(), "project")

    def put_roles(self, user_id: str, project_id: str, roles: Sequence[str]) -> None:
        facts = {"user_id": user_id, "project_id": project_id}
        self._tx.run(self._sql.drop_roles, facts)
        for role in sorted(set(roles)):
            self._tx.run(self._sql.add_role, {**facts, "role": role})

    def _put(self, sql: PutSql, facts: dict[str, object], kind: str) -> None:
        try:
            if not self._tx.run(sql.update, facts):
                self._tx.run(sql.insert, facts)
        except Exception as error:
            if is_duplicate(error):
                raise NameTaken(kind=kind, name=facts["name"]) from error
            raise


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
        self.put = sql.text(sql.insert_new(keys, ["name", "value"], ["name"]))
        self.get = sql.text(select(keys.c.value).where(keys.c.name == bindparam("name")))


class SqlKeyRows:
    """`services.directory_ports.KeyRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: KeySql) -> None:
        self._tx = tx
        self._sql = sql

    def get_or_put(self, name: str, made: bytes) -> bytes:
        self._tx.run(self._sql.put, {"name": name, "value": made})
        return bytes(self._tx.value(self._sql.get, {"name": name}))
