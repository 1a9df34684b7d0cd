"""Which hosts have said what they have, and what of it is strange, as kept in a cell."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, bindparam, case, literal_column, select

from hostdown.domain.assignment import Had, PowerState
from hostdown.services.hearing_ports import Hearing, Standing, Stranger
from hostdown.storage.ledger_tables import host_assignments, ledger
from hostdown.storage.leftover_tables import strangers
from hostdown.storage.permits import LEDGER
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, written

_ONE: ColumnElement[int] = literal_column("1")
_L, _H, _S = ledger.c, host_assignments.c, strangers.c


class HearingSql:
    """The statements of `SqlHearingRows`."""

    def __init__(self, sql: Compiler) -> None:
        mine = _L.name == bindparam("name")
        hearing = _L.asked, _L.heard, _L.ahead
        self.now = sql.text(select(*hearing).where(mine))
        asked: ColumnElement[int] = bindparam("asked_now")
        ahead: ColumnElement[int] = bindparam("ahead_now")
        most = case((_L.ahead < ahead, ahead), else_=_L.ahead)
        self.ask = sql.text(ledger.update().where(mine).values(asked=asked, ahead=most))
        # In the order of the columns, by which MariaDB goes: `ahead` is read before it is cleared.
        number = case((_L.ahead >= _L.number, _L.ahead + _ONE), else_=_L.number)
        self.end = sql.text(
            ledger.update()
            .where(mine, _L.asked == asked)
            .values(number=number, heard=_L.asked, ahead=ZERO)
        )
        host = _H.host_id == bindparam("id")
        self.standing = sql.text(
            select(_L.database_id, _L.number, *hearing, _H.version, _H.settled, _H.told)
            .join_from(ledger, host_assignments, host, isouter=True)
            .where(mine)
        )
        self.tell = sql.text(host_assignments.update().where(host).values(told=asked))
        columns = ["host_id", "version", "told"]
        self.first = sql.text(sql.insert_new(host_assignments, columns, ["host_id"]))
        self.hosts = sql.text(select(_H.host_id).where(_H.told >= asked))


class SqlHearingRows:
    """`services.hearing_ports.HearingRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: HearingSql) -> None:
        self._tx = tx
        self._sql = sql

    def now(self) -> Hearing:
        row = self._tx.row(self._sql.now, {"name": LEDGER})
        return Hearing(0, 0, 0) if row is None else Hearing(*map(int, row))

    def standing(self, host_id: str) -> Standing:
        row = self._tx.row(self._sql.standing, {"name": LEDGER, "id": host_id})
        if row is None:
            return Standing()
        database_id, *numbers = row
        # Of a host of which nothing is known the last three are NULL.
        number, asked, heard, ahead, *of_host = [int(each) for each in numbers if each is not None]
        return Standing(database_id, number, Hearing(asked, heard, ahead), *of_host)

    def ask(self, number: int, ahead: int = 0) -> None:
        facts = {"name": LEDGER, "asked_now": number, "ahead_now": ahead}
        self._tx.run(self._sql.ask, facts)

    def tell(self, host_id: str, asked: int) -> None:
        if not self._tx.run(self._sql.tell, {"id": host_id, "asked_now": asked}):
            self._tx.run(self._sql.first, {"host_id": host_id, "version": 0, "told": asked})

    def hosts(self, asked: int) -> set[str]:
        return {host_id for (host_id,) in self._tx.rows(self._sql.hosts, {"asked_now": asked})}

    def end(self, asked: int) -> None:
        self._tx.run(self._sql.end, {"name": LEDGER, "asked_now": asked})


_SHOWN = (
    _S.host_id,
    _S.host,
    _S.instance_uuid,
    _S.generation,
    _S.boot,
    _S.order_number,
    _S.power_state,
    _S.claimed,
    _S.seen_at,
)


class StrangerSql:
    """The statements of `SqlStrangerRows`."""

    def __init__(self, sql: Compiler) -> None:
        of_host, of_one = _S.host_id == bindparam("id"), _S.instance_uuid == bindparam("uuid")
        self.of_host = sql.text(_find(of_host).order_by(_S.instance_uuid))
        self.of_instance = sql.text(_find(of_one).order_by(_S.generation, _S.host_id))
        key = ["host_id", "instance_uuid"]
        self.put = sql.text(sql.upsert(strangers, [each.name for each in _SHOWN], key))
        self.remove = sql.text(strangers.delete().where(of_host, of_one))


def _find(where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(*_SHOWN).where(where)


class SqlStrangerRows:
    """`services.hearing_ports.StrangerRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: StrangerSql) -> None:
        self._tx = tx
        self._sql = sql

    def of_host(self, host_id: str) -> list[Stranger]:
        return _strangers(self._tx.rows(self._sql.of_host, {"id": host_id}))

    def of_instance(self, uuid: str) -> list[Stranger]:
        return _strangers(self._tx.rows(self._sql.of_instance, {"uuid": uuid}))

    def put(self, seen: Stranger) -> None:
        host_id, host, had, seen_at = seen
        values = (host_id, host, *had[:4], int(had.state), had.claimed, written(seen_at))
        names = [each.name for each in _SHOWN]
        self._tx.run(self._sql.put, dict(zip(names, values, strict=True)))

    def remove(self, host_id: str, uuid: str) -> None:
        self._tx.run(self._sql.remove, {"id": host_id, "uuid": uuid})


def _strangers(rows: Iterable[Row]) -> list[Stranger]:
    found = []
    for host_id, host, uuid, generation, boot, order, state, claimed, seen_at in rows:
        had = Had(uuid, generation, boot, order, PowerState(state), claimed == 1)
        found.append(Stranger(host_id, host, had, moment(seen_at)))
    return found
