"""Who changed what, and what is to be told."""

from collections.abc import Mapping
from uuid import uuid4

import orjson
from sqlalchemy import bindparam, false, select

from hostdown.domain import host_words
from hostdown.domain.host_words import SILENT, About, Hosted
from hostdown.domain.instance import Instance
from hostdown.domain.model import COMPUTE, SERVICE_VERSION, Caller, Change, Service
from hostdown.storage.audit import as_json, audited
from hostdown.storage.cell_tables import changes, instances, outbox, services
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
        told = ["uuid", "created_at", "host", "event_type", "payload", "request_id", "about"]
        self.tell = sql.text(sql.insert(outbox, told))
        on_host = instances.c.host == bindparam("host"), instances.c.deleted == false()
        hosted = select(*(instances.c[name] for name in Hosted._fields)).where(*on_host)
        self.hosted = sql.text(hosted.order_by(instances.c.id))
        this = services.update().where(services.c.id == bindparam("id"))
        self.told_silent = sql.text(
            this.values(told_silent=bindparam("silent"), changed_at=sql.now())
        )
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
        payload = _payload(service, reports)
        self._tell(change, service.host, payload, self._about(change, service))
        if SILENT in change.after:
            told = {"id": service.id, "silent": change.after[SILENT]}
            self._tx.run(self._sql.told_silent, told)

    def note(self, change: Change, host: str) -> None:
        self._keep(change, host, "", None)
        self._tell(change, host, {"host": host, **change.after})

    def keep_instance(self, change: Change, instance: Instance) -> None:
        self._keep(change, instance.host or "", "", instance.uuid)

    def tell_instance(
        self,
        change: Change,
        instance: Instance,
        payload: Mapping[str, object],
        about: About | None = None,
    ) -> None:
        self._tell(change, instance.host or "", payload, about)

    def tell(self, change: Change, host: str, payload: Mapping[str, object]) -> None:
        self._tell(change, host, payload)

    def _about(self, change: Change, service: Service) -> About | None:
        """What it means for the servers on the host, if it is a compute host."""
        before, after = host_words.facts(change, service)
        if service.binary != COMPUTE or before == after:
            return None
        hosted = self._tx.rows(self._sql.hosted, {"host": service.host})
        return About(before, after, [Hosted._make(each) for each in hosted])

    def _keep(self, change: Change, host: str, service: str, instance: str | None) -> None:
        self._tx.run(
            self._sql.add,
            {
                "at": written(change.at),
                "host": host,
                "service_uuid": service,
                "instance_uuid": instance,
                **audited(change),
            },
        )

    def _tell(
        self,
        change: Change,
        host: str,
        payload: Mapping[str, object],
        about: About | None = None,
    ) -> None:
        self._tx.told = True
        self._tx.run(
            self._sql.tell,
            {
                "uuid": str(uuid4()),
                "created_at": written(change.at),
                "host": host,
                "event_type": change.event_type,
                "payload": as_json(dict(payload)),
                "request_id": change.caller.request_id,
                "about": None if about is None else as_json(host_words.written(about)),
            },
        )

    def history(self, host: str, limit: int) -> list[Change]:
        rows = self._tx.rows(self._sql.history, {"host": host, "limit": limit})
        return [_change(row) for row in rows]


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
