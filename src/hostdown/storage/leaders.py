"""Who leads, as kept in a cell or in the directory."""

from sqlalchemy import Table, bindparam, select

from hostdown.services.leader_ports import Led
from hostdown.storage.sql import Compiler, parameters
from hostdown.storage.transaction import Transaction

_FIELDS = list(Led._fields)


class LeaderSql:
    """The statements of `SqlLeaderRows`, for one of the two tables."""

    def __init__(self, sql: Compiler, leaders: Table) -> None:
        named = leaders.c.name == bindparam("name")
        self.get = sql.text(select(*(leaders.c[each] for each in _FIELDS)).where(named))
        self.add = sql.text(sql.insert_new(leaders, ["name", *_FIELDS], ["name"]))
        seen = [leaders.c[each] == bindparam(f"seen_{each}") for each in _FIELDS]
        after = parameters(_FIELDS)
        self.replace = sql.text(leaders.update().where(named, *seen).values(after))


class SqlLeaderRows:
    """`services.leader_ports.LeaderRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: LeaderSql) -> None:
        self._tx = tx
        self._sql = sql

    def get(self, name: str) -> Led | None:
        row = self._tx.row(self._sql.get, {"name": name})
        return None if row is None else Led._make(row)

    def put(self, name: str, seen: Led | None, after: Led) -> bool:
        facts = {"name": name, **after._asdict()}
        if seen is None:
            self._tx.run(self._sql.add, facts)
            return self.get(name) == after
        before = {f"seen_{field}": value for field, value in seen._asdict().items()}
        return self._tx.run(self._sql.replace, facts | before) == 1
