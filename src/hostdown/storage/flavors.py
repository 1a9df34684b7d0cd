"""The flavors of the directory, and which projects were let in to them."""

from json import dumps

import orjson
from sqlalchemy import bindparam, select

from hostdown.domain.model import Flavor
from hostdown.storage.directory_tables import flavor_projects, flavors
from hostdown.storage.locks import LockSql
from hostdown.storage.sql import Compiler, parameters
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import storable

_KEPT = tuple(name for name in Flavor._fields if name != "id")


class FlavorSql:
    """The statements of `SqlFlavorRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(flavors.c[name] for name in Flavor._fields))
        this = flavors.c.id == bindparam("id")
        self.lock = LockSql(sql, "flavors")
        self.all = sql.many(shown.order_by(flavors.c.id))
        self.get = sql.text(shown.where(flavors.c.flavorid == bindparam("flavorid")))
        self.add = sql.text(sql.insert(flavors, _KEPT))
        self.change = sql.text(
            flavors.update().where(this).values(parameters(["description", "extra_specs"]))
        )
        self.remove = sql.text(flavors.delete().where(this))
        self.forget = sql.text(
            flavor_projects.delete().where(flavor_projects.c.flavor_id == bindparam("id"))
        )


class SqlFlavorRows:
    """`services.flavor_ports.FlavorRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FlavorSql) -> None:
        self._tx = tx
        self._sql = sql

    def lock(self) -> None:
        self._sql.lock.take(self._tx)

    def all(self) -> list[Flavor]:
        return [_flavor(row) for row in self._sql.all.read(self._tx, {})]

    def get(self, flavorid: str) -> Flavor | None:
        row = self._tx.row(self._sql.get, {"flavorid": flavorid}) if storable(flavorid) else None
        return None if row is None else _flavor(row)

    def add(self, made: Flavor) -> Flavor:
        facts = made._asdict()
        del facts["id"]
        self._tx.run(self._sql.add, {**facts, "extra_specs": dumps(dict(made.extra_specs))})
        added = self.get(made.flavorid)
        assert added is not None  # noqa: S101 - this transaction has just written it
        return added

    def replace(self, after: Flavor) -> None:
        specs = dumps(dict(after.extra_specs))
        facts = {"id": after.id, "description": after.description, "extra_specs": specs}
        self._tx.run(self._sql.change, facts)

    def remove(self, flavor: Flavor) -> None:
        self._tx.run(self._sql.forget, {"id": flavor.id})
        self._tx.run(self._sql.remove, {"id": flavor.id})


def _flavor(row: Row) -> Flavor:
    *facts, is_public, disabled, description, extra_specs = row
    specs = orjson.loads(extra_specs)
    return Flavor._make((*facts, is_public == 1, disabled == 1, description, specs))


class FlavorProjectSql:
    """The statements of `SqlFlavorProjectRows`."""

    def __init__(self, sql: Compiler) -> None:
        flavor_id, project_id = flavor_projects.c.flavor_id, flavor_projects.c.project_id
        one = flavor_id == bindparam("flavor_id")
        whose = project_id == bindparam("project_id")
        self.of = sql.text(select(project_id).where(one).order_by(project_id))
        self.open_to = sql.text(select(flavor_id).where(whose))
        self.add = sql.text(sql.insert(flavor_projects, ["flavor_id", "project_id"]))
        self.remove = sql.text(flavor_projects.delete().where(one, whose))


class SqlFlavorProjectRows:
    """`services.flavor_ports.FlavorProjectRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FlavorProjectSql) -> None:
        self._tx = tx
        self._sql = sql

    def of(self, flavor: Flavor) -> list[str]:
        rows = self._tx.rows(self._sql.of, {"flavor_id": flavor.id})
        return [project for (project,) in rows]

    def open_to(self, project_id: str) -> set[int]:
        if not storable(project_id):
            return set()
        rows = self._tx.rows(self._sql.open_to, {"project_id": project_id})
        return {number for (number,) in rows}

    def add(self, flavor: Flavor, project_id: str) -> None:
        self._tx.run(self._sql.add, {"flavor_id": flavor.id, "project_id": project_id})

    def remove(self, flavor: Flavor, project_id: str) -> None:
        self._tx.run(self._sql.remove, {"flavor_id": flavor.id, "project_id": project_id})
