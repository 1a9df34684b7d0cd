"""The flavors of the directory."""

import orjson
from sqlalchemy import bindparam, select

from hostdown.domain.model import Flavor
from hostdown.storage.directory_tables import flavors
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import storable


class FlavorSql:
    """The statements of `SqlFlavorRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(flavors.c[name] for name in Flavor._fields))
        self.all = sql.many(shown.order_by(flavors.c.id))
        self.get = sql.text(shown.where(flavors.c.flavorid == bindparam("flavorid")))


class SqlFlavorRows:
    """`services.directory_ports.FlavorRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FlavorSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> list[Flavor]:
        return [_flavor(row) for row in self._sql.all.read(self._tx, {})]

    def get(self, flavorid: str) -> Flavor | None:
        row = self._tx.row(self._sql.get, {"flavorid": flavorid}) if storable(flavorid) else None
        return None if row is None else _flavor(row)


def _flavor(row: Row) -> Flavor:
    *facts, is_public, disabled, description, extra_specs = row
    specs = orjson.loads(extra_specs)
    return Flavor._make((*facts, is_public == 1, disabled == 1, description, specs))
