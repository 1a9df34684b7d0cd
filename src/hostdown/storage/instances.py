"""The instances of a cell."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import orjson
from sqlalchemy import ColumnElement, bindparam, false, func, literal_column, select
from sqlalchemy.sql.elements import ClauseElement

from hostdown.domain.assignment import ImageSource
from hostdown.domain.instance import Before, Extras, Fault, Instance
from hostdown.domain.model import Flavor
from hostdown.services.instance_ports import Brief, InstanceQuery, Used
from hostdown.storage.cell_tables import instances
from hostdown.storage.instance_queries import params_of, shape_of, statement_of
from hostdown.storage.overwrite import Overwrite
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, moment_or_none, storable, written, written_or_none

_C = instances.c
_COLUMNS = [column.name for column in instances.c]
_NOTHING: ColumnElement[str] = literal_column("''")
_KEPT = [name for name in _COLUMNS if name != "id"]
_COLUMNS_OF = {
    "order": ["order_number"],
    "flavor": ["vcpus", "memory_mb", "root_gb", "flavor"],
    "image": ["image_id", "image"],
    "image_properties": ["image"],
    "group": ["group_uuid"],
    "before": ["before_fault"],
    "extras": ["shown"],
}
KEPT_MAX = 1024
"""Flavors, and images, of which a worker remembers what their text in a row means."""
SHAPES_MAX = 256
"""Forms of a query of which a worker remembers the statement: compiling one takes 1 ms."""
_FLAVOR_REST = ("id", "flavorid", "name", "ephemeral_gb", "swap_mb", "rxtx_factor", "is_public")


_BRIEF = [
    *("uuid", "host", "pinned_zone", "vm_state", "wanted", "launched_at"),
    *("flavor", "vcpus", "memory_mb", "root_gb", "metadata", "group_uuid"),
]


def instances_of(rows: Iterable[Row]) -> list[Instance]:
    """Rows of all columns, in the table's order."""
    return [_instance(row) for row in rows]


def _instance(row: Row) -> Instance:
    (key, uuid, project, user, name, hostname, description, host, node, zone, pinned) = row[:11]
    (vm_state, task_state, power_state, wanted, order, reboot) = row[11:17]
    (vcpus, memory_mb, root_gb, flavor, image_id, image, network, mac) = row[17:25]
    (metadata, hints, group, locked_by, locked_reason, fault, before, shown) = row[25:33]
    (created, updated, launched, terminated, deleted_at, deleted, revision) = row[33:]
    source, properties = _image(image_id, image)
    return Instance(
        key,
        uuid,
        project,
        user,
        name,
        hostname,
        description,
        host,
        node,
        zone,
        pinned,
        vm_state,
        task_state,
        power_state,
        wanted,
        order,
        reboot,
        _flavor(flavor, vcpus, memory_mb, root_gb),
        source,
        properties,
        network,
        mac,
        {} if metadata == "{}" else orjson.loads(metadata),
        {} if hints == "{}" else orjson.loads(hints),
        group,
        locked_by,
        locked_reason,
        None if fault is None else _fault(*orjson.loads(fault)),
        None if before is None else Before(*orjson.loads(before)),
        Extras(*orjson.loads(shown)),
        moment(created),
        moment_or_none(updated),
        moment_or_none(launched),
        moment_or_none(terminated),
        moment_or_none(deleted_at),
        deleted == 1,
        revision,
    )


@lru_cache(KEPT_MAX)
def _flavor(text: str, vcpus: int, memory_mb: int, root_gb: int) -> Flavor:
    """Thousands of instances have the same few flavors: one value stands for all of them."""
    rest, specs = orjson.loads(text)
    key, flavorid, name, ephemeral_gb, swap_mb, rxtx_factor, is_public = rest
    sizes = (vcpus, memory_mb, root_gb, ephemeral_gb, swap_mb, rxtx_factor)
    return Flavor(key, flavorid, name, *sizes, is_public, False, None, specs)


@lru_cache(KEPT_MAX)
def _image(image_id: str, text: str) -> tuple[ImageSource | None, Mapping[str, str]]:
    """As for flavors."""
    source, properties = orjson.loads(text)
    return None if source is None else ImageSource(image_id, *source), properties


def _fault(code: int, message: str, details: str, created_at: str) -> Fault:
    return Fault(code, message, details, moment(created_at))


def _row_of(of: Instance) -> dict[str, object]:
    fault = of.fault and [*of.fault[:3], written(of.fault.created_at)]
    source = None if of.image is None else [of.image.digest, of.image.size, of.image.format]
    return {
        "uuid": of.uuid,
        "project_id": of.project_id,
        "user_id": of.user_id,
        "name": of.name,
        "hostname": of.hostname,
        "description": of.description,
        "host": of.host,
        "node": of.node,
        "zone": of.zone,
        "pinned_zone": of.pinned_zone,
        "vm_state": of.vm_state,
        "task_state": of.task_state,
        "power_state": of.power_state,
        "wanted": of.wanted,
        "order_number": of.order,
        "reboot": of.reboot,
        "vcpus": of.flavor.vcpus,
        "memory_mb": of.flavor.memory_mb,
        "root_gb": of.flavor.root_gb,
        "flavor": _json(
            [[getattr(of.flavor, name) for name in _FLAVOR_REST], of.flavor.extra_specs]
        ),
        "image_id": "" if of.image is None else of.image.id,
        "image": _json([source, of.image_properties]),
        "network": of.network,
        "mac": of.mac,
        "metadata": _json(of.metadata),
        "hints": _json(of.hints),
        "group_uuid": of.group,
        "locked_by": of.locked_by,
        "locked_reason": of.locked_reason,
        "fault": fault and _json(fault),
        "before_fault": of.before and _json(of.before),
        "shown": _json(of.extras),
        "created_at": written(of.created_at),
        "updated_at": written_or_none(of.updated_at),
        "launched_at": written_or_none(of.launched_at),
        "terminated_at": written_or_none(of.terminated_at),
        "deleted_at": written_or_none(of.deleted_at),
        "deleted": of.deleted,
        "revision": of.revision,
    }


def _json(value: object) -> str:
    """A named tuple is written as the list that it is."""
    if isinstance(value, tuple):
        value = list(value)
    return orjson.dumps(value).decode()


class InstanceSql:
    """The statements of `SqlInstanceRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.query = lru_cache(SHAPES_MAX)(lambda shape: sql.many(statement_of(shape)))
        self.get = sql.text(select(instances).where(_C.uuid == bindparam("uuid")))
        self.add = sql.text(sql.insert(instances, _KEPT))
        self.replace = Overwrite(sql, instances, _COLUMNS_OF)
        self.used = sql.text(_used())
        brief = select(*(_C[name] for name in _BRIEF))
        on_hosts = brief.where(_C.deleted == false(), _C.host.is_not(None)).order_by(_C.id)
        self.briefs = sql.many(on_hosts)
        self.used_of = sql.text(_used(_C.project_id == bindparam("project_id")))


def _used(*where: ColumnElement[bool]) -> ClauseElement:
    host = func.coalesce(_C.host, _NOTHING)
    sums = (func.sum(column) for column in (_C.vcpus, _C.memory_mb, _C.root_gb))
    kept = _C.deleted == false()
    counted = select(host, func.count(), *sums, func.count(_C.task_state))
    return counted.where(kept, *where).group_by(host).order_by(host)


class SqlInstanceRows:
    """`services.instance_ports.InstanceRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: InstanceSql) -> None:
        self._tx = tx
        self._sql = sql

    def find(self, query: InstanceQuery) -> list[Instance]:
        after = {} if query.after is None else {"id": query.after.id, **_row_of(query.after)}
        rows = self._sql.query(shape_of(query)).read(self._tx, params_of(query, after))
        return instances_of(rows)

    def get(self, uuid: str, deleted: bool = False) -> Instance | None:
        row = self._tx.row(self._sql.get, {"uuid": uuid}) if storable(uuid) else None
        found = None if row is None else _instance(row)
        return None if found is None or (found.deleted and not deleted) else found

    def add(self, made: Instance) -> Instance:
        self._tx.run(self._sql.add, _row_of(made))
        row = self._tx.row(self._sql.get, {"uuid": made.uuid})
        if row is None:
            raise RuntimeError("a row that was just inserted is not there")
        return _instance(row)

    def replace(self, seen: Instance, after: Instance) -> Instance | None:
        after = after._replace(revision=seen.revision + 1)
        written = self._sql.replace.run(self._tx, seen, after, _row_of(after))
        return after if written else None

    def used(self, project_id: str | None = None) -> list[Used]:
        if project_id is None:
            rows = self._tx.rows(self._sql.used, {})
        else:
            rows = self._tx.rows(self._sql.used_of, {"project_id": project_id})
        return [Used(host, *map(int, sums)) for host, *sums in rows]

    def briefs(self) -> list[Brief]:
        return [_brief(row) for row in self._sql.briefs.read(self._tx, {})]


def _brief(row: Row) -> Brief:
    uuid, host, zone, vm_state, wanted, launched, flavor, *sizes, metadata, group = row
    said = {} if metadata == "{}" else orjson.loads(metadata)
    at, given = moment_or_none(launched), _flavor(flavor, *sizes)
    return Brief(uuid, host, zone, vm_state, wanted, at, given, said, group)
