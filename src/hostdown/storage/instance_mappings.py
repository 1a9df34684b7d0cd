"""Which cell has which instance."""

from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, false, select, true

from hostdown.domain.model import Flavor
from hostdown.services.instance_mapping_ports import Asked, InstanceMapping
from hostdown.storage.directory_tables import instance_mappings
from hostdown.storage.sql import ZERO, Compiler, DropAny
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, storable, written

_C = instance_mappings.c
_SHOWN = [_C[name] for name in InstanceMapping._fields]
_LIVE = _C.deleted == false()


class InstanceMappingSql:
    """The statements of `SqlInstanceMappingRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.add = sql.text(sql.insert(instance_mappings, InstanceMapping._fields))
        self.get = sql.text(select(*_SHOWN).where(_C.uuid == bindparam("uuid")))
        self.of_cell = sql.many(_live(_C.cell == bindparam("cell")))
        self.of_project = sql.many(_live(_C.project_id == bindparam("project_id")))
        later = select(*_SHOWN).where(
            _C.cell == bindparam("cell"), _LIVE, _C.uuid > bindparam("uuid")
        )
        limit = bindparam("limit", type_=BigInteger)
        self.behind = sql.many(later.order_by(_C.uuid).offset(ZERO).limit(limit))
        self.deleted = sql.text(
            instance_mappings.update()
            .where(_C.uuid == bindparam("uuid"), _LIVE)
            .values(deleted=true())
        )
        self.drop = DropAny(sql, _C.uuid)


def _live(of: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(*_SHOWN).where(of, _LIVE).order_by(_C.created_at.desc(), _C.uuid)


class SqlInstanceMappingRows:
    """`services.instance_mapping_ports.InstanceMappingRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: InstanceMappingSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: InstanceMapping) -> None:
        kept = {"created_at": written(made.created_at), "asked": _written(made.asked)}
        self._tx.run(self._sql.add, made._asdict() | kept)

    def get(self, uuid: str, deleted: bool = False) -> InstanceMapping | None:
        if not storable(uuid):
            return None
        found = _mappings(self._tx.rows(self._sql.get, {"uuid": uuid}))
        return found[0] if found and (deleted or not found[0].deleted) else None

    def of_cell(self, cell: str) -> list[InstanceMapping]:
        return _mappings(self._sql.of_cell.read(self._tx, {"cell": cell}))

    def of_project(self, project_id: str) -> list[InstanceMapping]:
        return _mappings(self._sql.of_project.read(self._tx, {"project_id": project_id}))

    def behind(self, cell: str, uuid: str, limit: int) -> list[InstanceMapping]:
        facts = {"cell": cell, "uuid": uuid, "limit": limit}
        return _mappings(self._sql.behind.read(self._tx, facts))

    def deleted(self, uuid: str) -> bool:
        return self._tx.run(self._sql.deleted, {"uuid": uuid}) == 1

    def drop(self, uuids: Sequence[str]) -> None:
        self._sql.drop.run(self._tx, uuids)


def _mappings(rows: Iterable[Row]) -> list[InstanceMapping]:
    return [
        InstanceMapping(uuid, cell, project_id, moment(at), deleted == 1, _asked(asked))
        for uuid, cell, project_id, at, deleted, asked in rows
    ]


def _written(asked: Asked | None) -> str | None:
    if asked is None:
        return None
    *facts, flavor, group = asked
    return orjson.dumps([*facts, list(flavor), group]).decode()


def _asked(text: str | None) -> Asked | None:
    if text is None:
        return None
    user_id, zone, image_id, flavor, group = orjson.loads(text)
    return Asked(user_id, zone, image_id, Flavor(*flavor), group)
