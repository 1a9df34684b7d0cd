"""The services of a cell."""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, bindparam, or_, select
from sqlalchemy.sql.elements import ClauseElement

from hostdown.domain.model import Service
from hostdown.services.cell_ports import ChangedService
from hostdown.storage.cell_tables import compute_nodes, services
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import ID_MAX, storable, written, written_or_none

_SHOWN = [services.c[name] for name in Service._fields]
_LIVE = services.c.deleted == ZERO
_BY_ID = services.c.id == bindparam("id")
_CREATED = [
    "uuid",
    "host",
    "binary",
    "disabled",
    "disabled_reason",
    "forced_down",
    "created_at",
    "deleted",
    "changed_at",
]


def service_of(row: Row) -> Service:
    """A row of `_SHOWN` as the domain's value."""
    return services_of([row])[0]


def services_of(rows: Iterable[Row]) -> list[Service]:
    """Rows of `_SHOWN`. All in one expression: an answer has thousands of them."""
    make, moment = Service._make, datetime.fromisoformat
    return [
        make(
            (
                key,
                uuid,
                host,
                binary,
                disabled == 1,
                reason,
                forced == 1,
                None if seen is None else moment(seen),
                None if updated is None else moment(updated),
                None if silent is None else moment(silent),
                told == 1,
            )
        )
        for key, uuid, host, binary, disabled, reason, forced, seen, updated, silent, told in rows
    ]


class ServiceSql:
    """The statements of `SqlServiceRows`."""

    def __init__(self, sql: Compiler) -> None:
        by_host = services.c.host == bindparam("host")
        by_binary = services.c.binary == bindparam("binary")
        self.all = sql.many(living())
        self.on_host = sql.text(living(by_host))
        self.of_binary = sql.many(living(by_binary))
        self.one = sql.text(living(by_host, by_binary))
        self.by_id = sql.text(living(_BY_ID))
        self.by_uuid = sql.text(living(services.c.uuid == bindparam("uuid")))
        self.create = sql.text(sql.insert_new(services, _CREATED, ["host", "binary", "deleted"]))
        self.replace = sql.text(_replace(sql))
        self.delete = sql.text(
            services.update()
            .where(_BY_ID, _LIVE)
            .values(
                deleted=services.c.id,
                deleted_at=bindparam("now"),
                updated_at=bindparam("now"),
                changed_at=sql.now(),
            )
        )
        self.delete_nodes = sql.text(_delete_nodes())
        self.changed = sql.text(
            select(*_SHOWN, services.c.deleted).where(services.c.changed_at >= bindparam("mark"))
        )
        self.now = sql.text(select(sql.now()))


def _replace(sql: Compiler) -> ClauseElement:
    return (
        services.update()
        .where(
            _BY_ID,
            _LIVE,
            services.c.disabled == bindparam("seen_disabled"),
            services.c.disabled_reason.is_not_distinct_from(bindparam("seen_reason")),
            services.c.forced_down == bindparam("seen_forced_down"),
        )
        .values(
            disabled=bindparam("disabled"),
            disabled_reason=bindparam("disabled_reason"),
            forced_down=bindparam("forced_down"),
            updated_at=bindparam("updated_at"),
            changed_at=sql.now(),
        )
    )


def _delete_nodes() -> ClauseElement:
    nodes = compute_nodes.c
    return (
        compute_nodes.update()
        .where(
            or_(nodes.service_id == bindparam("id"), nodes.host == bindparam("host")),
            nodes.deleted == ZERO,
        )
        .values(deleted=nodes.id, deleted_at=bindparam("now"))
    )


def living(*where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """The query for services that are not deleted, by id; rows for `services_of`."""
    return select(*_SHOWN).where(_LIVE, *where).order_by(services.c.id)


class SqlServiceRows:
    """`services.cell_ports.ServiceRows` in a transaction."""

    __slots__ = ("_overlap", "_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ServiceSql, overlap: int) -> None:
        self._tx = tx
        self._sql = sql
        self._overlap = overlap

    def find(self, host: str | None = None, binary: str | None = None) -> list[Service]:
        sql = self._sql
        if not storable(host, binary):
            return []
        if host is not None and binary is not None:
            rows = self._tx.rows(sql.one, {"host": host, "binary": binary})
        elif host is not None:
            rows = self._tx.rows(sql.on_host, {"host": host})
        elif binary is not None:
            rows = sql.of_binary.read(self._tx, {"binary": binary})
        else:
            rows = sql.all.read(self._tx, {})
        return services_of(rows)

    def get(self, service_id: int | str) -> Service | None:
        row = None
        if isinstance(service_id, str):
            if storable(service_id):
                row = self._tx.row(self._sql.by_uuid, {"uuid": service_id})
        elif abs(service_id) <= ID_MAX:
            row = self._tx.row(self._sql.by_id, {"id": service_id})
        return service_of(row) if row else None

    def create(
        self, host: str, binary: str, now: datetime, disabled_reason: str | None
    ) -> Service | None:
        uuid, at = str(uuid4()), written(now)
        self._tx.run(
            self._sql.create,
            {
                "uuid": uuid,
                "host": host,
                "binary": binary,
                "disabled": disabled_reason is not None,
                "disabled_reason": disabled_reason,
                "forced_down": False,
                "created_at": at,
                "deleted": 0,
                "changed_at": self._tx.value(self._sql.now, {}),
            },
        )
        # Counts of inserted rows do not tell: MariaDB counts one that it left alone as well.
        return next((made for made in self.find(host, binary) if made.uuid == uuid), None)

    def replace(self, seen: Service, after: Service) -> bool:
        matched = self._tx.run(
            self._sql.replace,
            {
                "id": seen.id,
                "seen_disabled": seen.disabled,
                "seen_reason": seen.disabled_reason,
                "seen_forced_down": seen.forced_down,
                "disabled": after.disabled,
                "disabled_reason": after.disabled_reason,
                "forced_down": after.forced_down,
                "updated_at": written_or_none(after.updated_at),
            },
        )
        return matched == 1

    def delete(self, seen: Service, now: datetime) -> bool:
        at = written(now)
        if not self._tx.run(self._sql.delete, {"id": seen.id, "now": at}):
            return False
        self._tx.run(self._sql.delete_nodes, {"id": seen.id, "host": seen.host, "now": at})
        return True

    def changed_since(self, mark: int) -> tuple[list[ChangedService], int]:
        newest, since = window(self._tx.value(self._sql.now, {}), mark, self._overlap)
        rows = self._tx.rows(self._sql.changed, {"mark": since})
        found = services_of(row[:-1] for row in rows)
        deleted = [row[-1] != 0 for row in rows]
        return [ChangedService(*pair) for pair in zip(found, deleted, strict=True)], newest


def window(now: int, mark: int, overlap: int) -> tuple[int, int]:
    """The next mark, and from when to read.

    A transaction stamps its rows before it commits, so we look back by the longest a transaction
    may take. If the database's clock was set back behind `mark`, everything is read once.
    """
    return now, 0 if now < mark else mark - overlap
