"""The hosts and open enrolments of the directory."""

from sqlalchemy import bindparam, select

from hostdown.domain.errors import HostNameTaken
from hostdown.domain.model import HostRecord
from hostdown.services.directory_ports import Enrolment
from hostdown.storage.directory_tables import enrolments, hosts
from hostdown.storage.locks import LockSql
from hostdown.storage.services import window
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Row, Transaction, unique
from hostdown.storage.types import moment, moment_or_none, storable, written, written_or_none

_SHOWN = [hosts.c[name] for name in HostRecord._fields]


def _record(row: Row) -> HostRecord:
    *facts, enrolled_at, deleted_at, forked_at, sleeps = row
    times = moment(enrolled_at), moment_or_none(deleted_at), moment_or_none(forked_at)
    return HostRecord._make((*facts, *times, None if sleeps is None else bool(sleeps)))


def _facts(record: HostRecord) -> dict[str, object]:
    return {
        **record._asdict(),
        "enrolled_at": written(record.enrolled_at),
        "deleted_at": written_or_none(record.deleted_at),
        "forked_at": written_or_none(record.forked_at),
    }


class HostSql:
    """The statements of `SqlHostRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*_SHOWN)
        columns = [*HostRecord._fields, "name_held", "changed_at"]
        self.all = sql.text(shown.where(hosts.c.name_held.is_not(None)).order_by(hosts.c.name))
        self.get = sql.text(shown.where(hosts.c.id == bindparam("id")))
        self.named = sql.text(shown.where(hosts.c.name_held == bindparam("name")))
        on_machine = hosts.c.machine_id == bindparam("machine_id"), hosts.c.name_held.is_not(None)
        self.on_machine = sql.text(shown.where(*on_machine))
        self.lock = LockSql(sql, "hosts")
        self.add = sql.text(sql.insert(hosts, columns))
        self.replace = sql.text(
            hosts.update()
            .where(
                *(
                    hosts.c[name].is_not_distinct_from(bindparam(f"seen_{name}"))
                    for name in HostRecord._fields
                )
            )
            .values({name: bindparam(name) for name in columns})
        )
        self.changed = sql.text(shown.where(hosts.c.changed_at >= bindparam("mark")))
        self.now = sql.text(select(sql.now()))


class SqlHostRows:
    """`services.directory_ports.HostRows` in a transaction."""

    __slots__ = ("_overlap", "_sql", "_tx")

    def __init__(self, tx: Transaction, sql: HostSql, overlap: int) -> None:
        self._tx = tx
        self._sql = sql
        self._overlap = overlap

    def all(self) -> list[HostRecord]:
        return [_record(row) for row in self._tx.rows(self._sql.all, {})]

    def get(self, host_id: str) -> HostRecord | None:
        row = self._tx.row(self._sql.get, {"id": host_id}) if storable(host_id) else None
        return None if row is None else _record(row)

    def named(self, name: str) -> HostRecord | None:
        row = self._tx.row(self._sql.named, {"name": name}) if storable(name) else None
        return None if row is None else _record(row)

    def on_machine(self, machine_id: str) -> list[HostRecord]:
        self._sql.lock.take(self._tx)
        rows = self._tx.rows(self._sql.on_machine, {"machine_id": machine_id})
        return [_record(row) for row in rows]

    def add(self, record: HostRecord) -> None:
        with unique(HostNameTaken(name=record.name)):
            self._tx.run(self._sql.add, self._written(record))

    def replace(self, seen: HostRecord, after: HostRecord) -> bool:
        expected = {f"seen_{name}": value for name, value in _facts(seen).items()}
        with unique(HostNameTaken(name=after.name)):
            return self._tx.run(self._sql.replace, {**self._written(after), **expected}) == 1

    def changed_since(self, mark: int) -> tuple[list[HostRecord], int]:
        newest, since = window(self._now(), mark, self._overlap)
        rows = self._tx.rows(self._sql.changed, {"mark": since})
        return [_record(row) for row in rows], newest

    def _now(self) -> int:
        now: int = self._tx.value(self._sql.now, {})
        return now

    def _written(self, record: HostRecord) -> dict[str, object]:
        held = record.name if record.deleted_at is None else None
        return {**_facts(record), "name_held": held, "changed_at": self._now()}


class MappingSql:
    """The statement of `SqlMappingRows`."""

    def __init__(self, sql: Compiler) -> None:
        # A deleted host holds no name.
        held = select(hosts.c.name_held).where(
            hosts.c.cell == bindparam("cell"), hosts.c.name_held.is_not(None)
        )
        self.hosts = sql.many(held)


class SqlMappingRows:
    """`services.hypervisor_ports.MappingRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: MappingSql) -> None:
        self._tx = tx
        self._sql = sql

    def hosts(self, cell: str) -> frozenset[str]:
        return frozenset(name for (name,) in self._sql.hosts.read(self._tx, {"cell": cell}))


class EnrolmentSql:
    """The statements of `SqlEnrolmentRows`."""

    def __init__(self, sql: Compiler) -> None:
        columns = ["name", "secret", "replaces", "expires_at"]
        by_name = enrolments.c.name == bindparam("name")
        self.put = sql.text(sql.upsert(enrolments, columns, ["name"]))
        self.get = sql.text(select(*(enrolments.c[name] for name in columns)).where(by_name))
        self.remove = sql.text(enrolments.delete().where(by_name))


class SqlEnrolmentRows:
    """`services.directory_ports.EnrolmentRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: EnrolmentSql) -> None:
        self._tx = tx
        self._sql = sql

    def put(self, enrolment: Enrolment) -> None:
        name, secret, replaces, expires_at = enrolment
        facts = {"name": name, "secret": secret, "replaces": replaces}
        self._tx.run(self._sql.put, {**facts, "expires_at": written(expires_at)})

    def get(self, name: str) -> Enrolment | None:
        row = self._tx.row(self._sql.get, {"name": name})
        if row is None:
            return None
        found, secret, replaces, expires_at = row
        return Enrolment(found, bytes(secret), bool(replaces), moment(expires_at))

    def remove(self, name: str) -> bool:
        return self._tx.run(self._sql.remove, {"name": name}) == 1
