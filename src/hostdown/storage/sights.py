"""What observers hear, as kept in a cell."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from hostdown.domain.model import Service
from hostdown.domain.sight import Vote
from hostdown.services.sight_ports import Sights, Silence
from hostdown.storage.cell_tables import services
from hostdown.storage.services import living, services_of
from hostdown.storage.sight_tables import farewells, observer_votes, silent_hosts
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, written, written_or_none

_KEY = ["observer", "host_id"]


class SightSql:
    """The statements of `SqlSightRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.put = sql.text(sql.upsert(observer_votes, Vote._fields, ["observer"]))
        votes = select(*(observer_votes.c[name] for name in Vote._fields))
        self.votes = sql.text(votes.order_by(observer_votes.c.observer))
        self.add = sql.text(sql.upsert(silent_hosts, Silence._fields, _KEY))
        key = [silent_hosts.c[name] == bindparam(name) for name in _KEY]
        self.remove = sql.text(silent_hosts.delete().where(*key))
        silences = select(*(silent_hosts.c[name] for name in Silence._fields))
        self.silences = sql.text(silences.order_by(silent_hosts.c.host_id, silent_hosts.c.observer))
        self.reach = sql.text(
            services.update()
            .where(services.c.id == bindparam("id"), services.c.deleted == ZERO)
            .values(unreachable_at=bindparam("at"), changed_at=sql.now())
        )
        self.unreachable = sql.text(living(services.c.unreachable_at.is_not(None)))


class SqlSightRows:
    """`services.sight_ports.SightRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: SightSql) -> None:
        self._tx = tx
        self._sql = sql

    def put(self, vote: Vote) -> None:
        self._tx.run(self._sql.put, vote._asdict())

    def add(self, silences: Sequence[Silence]) -> None:
        rows = [each._asdict() | {"since": written(each.since)} for each in silences]
        if rows:
            self._tx.many(self._sql.add, rows)

    def remove(self, observer: str, host_ids: Sequence[str]) -> None:
        if host_ids:
            rows = [{"observer": observer, "host_id": host_id} for host_id in host_ids]
            self._tx.many(self._sql.remove, rows)

    def all(self) -> Sights:
        votes = [
            Vote(observer, beats, heard, known, blind == 1)
            for observer, beats, heard, known, blind in self._tx.rows(self._sql.votes, {})
        ]
        rows = self._tx.rows(self._sql.silences, {})
        return Sights(votes, [Silence(who, host, moment(since)) for who, host, since in rows])

    def reach(self, service: Service, unreachable_at: datetime | None) -> bool:
        facts = {"id": service.id, "at": written_or_none(unreachable_at)}
        return self._tx.run(self._sql.reach, facts) == 1

    def unreachable(self) -> list[Service]:
        return services_of(self._tx.rows(self._sql.unreachable, {}))


class FarewellSql:
    """The statements of `SqlFarewellRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.put = sql.text(sql.upsert(farewells, ["host_id", "session"], ["host_id"]))
        self.all = sql.text(select(farewells.c.host_id, farewells.c.session))


class SqlFarewellRows:
    """`services.sight_ports.FarewellRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FarewellSql) -> None:
        self._tx = tx
        self._sql = sql

    def put(self, host_id: str, session: int) -> None:
        self._tx.run(self._sql.put, {"host_id": host_id, "session": session})

    def all(self) -> dict[str, int]:
        return dict(self._tx.rows(self._sql.all, {}))
