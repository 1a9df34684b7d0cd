"""Who changed what, and what is to be told."""

from collections.abc import Mapping
from uuid import uuid4

import orjson
from sqlalchemy import bindparam, select

from hostdown.domain.instance import Instance
from hostdown.domain.model import SERVICE_VERSION, Caller, Change, Service
from hostdown.storage.cell_tables import changes, outbox, services
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, written

_COLUMNS = [
    "at",
    "host",
    "service_uuid",
    "instance_uuid",
    "event_type",
    "user_id",
    "user_name",
    "project_id",
    "roles",
    "request_id",
    "global_request_id",
    "before",
    "after",
]
_SHOWN = [name for name in _COLUMNS if name not in ("host", "service_uuid", "instance_uuid")]


class JournalSql:
    """The statements of `SqlJournal`."""

    def __init__(self, sql: Compiler) -> None:
        self.add = sql.text(sql.insert(changes, _COLUMNS))
        told = ["uuid", "created_at", "host", "event_type", "payload", "request_id"]
        self.tell = sql.text(sql.insert(outbox, told))
        self.reports = sql.text(
            select(services.c.report_count).where(services.c.id == bindparam("id"))
        )
        self.history = sql.text(
            select(*(changes.c[name] for name in _SHOWN))
            .where(changes.c.host == bindparam("host"), changes.c.instance_uuid.is_(None))
            .order_by(changes.c.id.desc())
            .limit(bindparam("limit"))
            .offset(ZERO)
        )


class SqlJournal:
    """`services.cell_ports.Journal` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: JournalSql) -> None:
        self._tx = tx
        self._sql = sql

    def record(self, change: Change, service: Service) -> None:
        self._keep(change, service.host, service.uuid, None)
        reports = self._tx.value(self._sql.reports, {"id": service.id})
        self._tell(change, service.host, _payload(service, reports))

    def note(self, change: Change, host: str) -> None:
        self._keep(change, host, "", None)
        self._tell(change, host, {"host": host, **change.after})

    def keep_instance(self, change: Change, instance: Instance) -> None:
        self._keep(change, instance.host or "", "", instance.uuid)

    def tell_instance(
        self, change: Change, instance: Instance, payload: Mapping[str, object]
    ) -> None:
        self._tell(change, instance.host or "", payload)

    def _keep(self, change: Change, host: str, service: str, instance: str | None) -> None:
        caller = change.caller
        self._tx.run(
            self._sql.add,
            {
                "at": written(change.at),
                "host": host,
                "service_uuid": service,
                "instance_uuid": instance,
                "event_type": change.event_type,
                "user_id": caller.user_id,
                "user_name": caller.user_name,
                "project_id": caller.project_id,
                "roles": _json(list(caller.roles)),
                "request_id": caller.request_id,
                "global_request_id": caller.global_request_id,
                "before": _json(dict(change.before)),
                "after": _json(dict(change.after)),
            },
        )

    def _tell(self, change: Change, host: str, payload: Mapping[str, object]) -> None:
        self._tx.told = True
        self._tx.run(
            self._sql.tell,
            {
                "uuid": str(uuid4()),
                "created_at": written(change.at),
                "host": host,
                "event_type": change.event_type,
                "payload": _json(dict(payload)),
                "request_id": change.caller.request_id,
            },
        )

    def history(self, host: str, limit: int) -> list[Change]:
        rows = self._tx.rows(self._sql.history, {"host": host, "limit": limit})
        return [_change(row) for row in rows]


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _payload(service: Service, reports: int) -> dict[str, object]:
    """The data of a ServiceStatusPayload 1.1 (contract 7.2)."""
    seen = service.last_seen_up
    return {
        "host": service.host,
        "binary": service.binary,
        "topic": service.topic,
        "report_count": reports,
        "disabled": service.disabled,
        "disabled_reason": service.disabled_reason,
        "availability_zone": None,
        "last_seen_up": None if seen is None else f"{seen:%Y-%m-%dT%H:%M:%SZ}",
        "forced_down": service.forced_down,
        "version": SERVICE_VERSION,
        "uuid": service.uuid,
    }


def _change(row: Row) -> Change:
    at, event_type, user_id, user_name, project_id, roles, request_id, parent, before, after = row
    return Change(
        at=moment(at),
        caller=Caller(
            user_id, user_name, project_id, tuple(orjson.loads(roles)), request_id, parent
        ),
        event_type=event_type,
        before=orjson.loads(before),
        after=orjson.loads(after),
    )
