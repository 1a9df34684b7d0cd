"""The compute nodes of a cell, each read together with the service that manages it."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, select

from hostdown.domain.model import COMPUTE, ComputeNode, ManagedNode, Resources, Service
from hostdown.storage.cell_tables import compute_nodes, services
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Params, Row, Transaction
from hostdown.storage.types import ID_MAX, moment_or_none, storable

_NODE = ("id", "uuid", "service_id", "host", *Resources._fields)
_SERVICE = (
    "uuid",
    "disabled",
    "disabled_reason",
    "forced_down",
    "last_seen_up",
    "updated_at",
    "unreachable_at",
    "told_silent",
)


def _managed(rows: Iterable[Row]) -> list[ManagedNode]:
    """Rows of `_find`. All in one expression: an answer has thousands of them."""
    managed, node = ManagedNode._make, ComputeNode._make
    service, resources = Service._make, Resources._make
    time = moment_or_none
    return [
        managed(
            (
                node((key, uuid, number, host, resources((*facts, time(booted_at), pool, kind)))),
                service(
                    (
                        number,
                        service_uuid,
                        host,
                        COMPUTE,
                        disabled == 1,
                        reason,
                        forced == 1,
                        time(seen),
                        time(updated),
                        time(silent),
                        told == 1,
                    )
                ),
                (),
            )
        )
        for (
            key,
            uuid,
            number,
            host,
            *facts,
            booted_at,
            pool,
            kind,
            service_uuid,
            disabled,
            reason,
            forced,
            seen,
            updated,
            silent,
            told,
        ) in rows
    ]


class ComputeNodeSql:
    """The statements of `SqlComputeNodeRows`."""

    def __init__(self, sql: Compiler) -> None:
        nodes = compute_nodes.c
        later = _find(nodes.id > bindparam("after"))
        self.page = sql.many(later.offset(ZERO).limit(bindparam("limit", type_=BigInteger)))
        name = nodes.hypervisor_hostname
        self.matching = sql.many(_find(sql.position(name, bindparam("pattern")) > ZERO))
        self.by_id = sql.text(_find(nodes.id == bindparam("id")))
        self.by_uuid = sql.text(_find(nodes.uuid == bindparam("uuid")))
        self.on_host = sql.text(_find(nodes.host == bindparam("host")))


def _find(where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    nodes = compute_nodes.c
    return (
        select(*(nodes[name] for name in _NODE), *(services.c[name] for name in _SERVICE))
        .join(services, services.c.id == nodes.service_id)
        .where(nodes.deleted == ZERO, services.c.deleted == ZERO, where)
        .order_by(nodes.id)
    )


class SqlComputeNodeRows:
    """`services.hypervisor_ports.ComputeNodeRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ComputeNodeSql) -> None:
        self._tx = tx
        self._sql = sql

    def page(self, after: int, limit: int) -> list[ManagedNode]:
        return _managed(self._sql.page.read(self._tx, {"after": after, "limit": limit}))

    def matching(self, pattern: str) -> list[ManagedNode]:
        if not storable(pattern):
            return []
        return _managed(self._sql.matching.read(self._tx, {"pattern": pattern}))

    def get(self, node_id: int | str) -> ManagedNode | None:
        if isinstance(node_id, str):
            return self._one(self._sql.by_uuid, {"uuid": node_id}) if storable(node_id) else None
        return self._one(self._sql.by_id, {"id": node_id}) if abs(node_id) <= ID_MAX else None

    def on_host(self, host: str) -> ManagedNode | None:
        return self._one(self._sql.on_host, {"host": host}) if storable(host) else None

    def _one(self, statement: str, facts: Params) -> ManagedNode | None:
        found = _managed(self._tx.rows(statement, facts))
        return found[0] if found else None
