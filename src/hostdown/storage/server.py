"""PostgreSQL and MariaDB: a pool of connections, plain transactions, a second try where it helps.

Connections commit each statement by themselves; `write` opens a transaction. So a read costs one
round trip a query, and each query sees what was committed when it began (READ COMMITTED).
"""

from collections.abc import Callable
from enum import Enum, auto
from threading import Lock
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, PoolProxiedConnection

from hostdown.storage.reason import said
from hostdown.storage.settings import DatabaseSettings, shown
from hostdown.storage.transaction import Full, Transaction, Unavailable
from hostdown.storage.watch import Watch

T = TypeVar("T")

CONFLICTS_MAX = 10
"""How often a transaction that lost a deadlock is repeated."""


def pooled(url: URL, settings: DatabaseSettings) -> Engine:
    """Nothing is done to a connection that comes back: each statement was a transaction."""
    return create_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.statement_timeout_s,
        pool_reset_on_return=None,
    )


class Verdict(Enum):
    """What a driver's error means for us."""

    OURS = auto()
    """A mistake of ours: not the database's fault, passed on."""
    CONFLICT = auto()
    """A deadlock or a serialisation failure: nothing happened, try again."""
    UNAVAILABLE = auto()
    FULL = auto()


class Vendor(Protocol):
    """What differs between PostgreSQL and MariaDB."""

    @property
    def engine(self) -> Engine: ...
    @property
    def error(self) -> type[Exception]:
        """The base class of the driver's errors."""
        ...

    def verdict(self, error: Exception) -> Verdict: ...
    def descriptor(self, raw: PoolProxiedConnection) -> int:
        """The connection's socket."""
        ...

    def connect(self) -> Any:  # noqa: ANN401 - a driver's connection
        """A new connection, within a limit."""
        ...

    def timed_out(self, error: Exception) -> bool:
        """Did a connection get no answer at all within its limit?"""
        ...

    def lost(self, error: Exception, raw: PoolProxiedConnection) -> bool:
        """Is this connection of no more use?"""
        ...


class _Lost(Exception):
    """The connection broke; it may have been stale, from before a restart of the database."""


class ServerDatabase:
    """`storage.transaction.Database`."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._engine = vendor.engine
        self._renewal = Lock()
        self._watch = Watch(shown(self._engine.url), self._answers, self._renew)
        event.listen(self._engine, "do_connect", self._connect)

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._persistently(lambda raw: work(Transaction(raw.cursor())))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """One transaction.

        If the connection breaks the work is done again on a new one. Should the first commit have
        reached the database all the same, the work meets its own result: works decide by what they
        read, so it finds nothing left to do.
        """

        def once(raw: PoolProxiedConnection) -> T:
            cursor = raw.cursor()
            cursor.execute("BEGIN")
            result = work(Transaction(cursor))
            cursor.execute("COMMIT")
            return result

        return self._persistently(once)

    def write_back(self) -> None:
        """It does so by itself."""

    def close(self) -> None:
        self._watch.close()
        self._engine.dispose()

    def _persistently(self, once: Callable[[PoolProxiedConnection], T]) -> T:
        lost = conflicts = 0
        while True:
            try:
                return self._attempt(once)
            except _Lost as error:
                lost += 1
                if lost > 1:
                    raise Unavailable(said(error.__cause__ or error)) from error
            except self._vendor.error as error:
                conflicts += 1
                verdict = self._vendor.verdict(error)
                if verdict is not Verdict.CONFLICT or conflicts > CONFLICTS_MAX:
                    raise _meaning(verdict, error) from error

    def _attempt(self, once: Callable[[PoolProxiedConnection], T]) -> T:
        self._refuse_if_silent()
        pool = self._engine.pool
        raw = self._connection()
        try:
            result = self._watched(once, raw)
        except BaseException as error:
            self._give_up(raw, pool, error)
            raise
        self._give_back(raw, pool)
        return result

    def _watched(self, once: Callable[[PoolProxiedConnection], T], raw: PoolProxiedConnection) -> T:
        waiting, heard = self._watch.begin(self._vendor.descriptor(raw)), False
        try:
            result = once(raw)
            heard = True
        except self._vendor.error as error:
            heard = not self._vendor.lost(error, raw)
            raise
        finally:
            self._watch.end(waiting, heard)
        return result

    def _connect(self, *_: object) -> Any:  # noqa: ANN401 - a driver's connection
        """Who waited for a place in the pool may come to it only after the silence began."""
        self._refuse_if_silent()
        return self._vendor.connect()

    def _refuse_if_silent(self) -> None:
        if self._watch.silent:
            raise Unavailable("it does not answer; it is being asked until it does")

    def _connection(self) -> PoolProxiedConnection:
        heard_before = self._watch.heard
        try:
            return self._engine.raw_connection()
        except (DBAPIError, PoolTimeout, self._vendor.error) as error:
            if self._timed_out(error):
                self._watch.unanswered(heard_before)
            raise Unavailable(said(error)) from error

    def _give_back(self, raw: PoolProxiedConnection, pool: Pool) -> None:
        """To its pool, or closed, if that pool was given up meanwhile: nobody would close it."""
        with self._renewal:
            if self._engine.pool is pool:
                raw.close()
                return
        raw.invalidate()

    def _answers(self) -> bool:
        """A refusal is an answer."""
        try:
            self._vendor.connect().close()
        except self._vendor.error as error:
            return not self._timed_out(error)
        return True

    def _timed_out(self, error: Exception) -> bool:
        bare = getattr(error, "orig", None) or error
        return isinstance(bare, self._vendor.error) and self._vendor.timed_out(bare)

    def _renew(self) -> None:
        """What idles in the pool of a silent database may be of no use once it answers again."""
        with self._renewal:
            self._engine.dispose()

    def _give_up(self, raw: PoolProxiedConnection, pool: Pool, error: BaseException) -> None:
        """Roll back, and give the connection back if it is still good for something."""
        if isinstance(error, self._vendor.error) and self._vendor.lost(error, raw):
            raw.invalidate()
            with self._renewal:
                if self._engine.pool is pool:
                    self._engine.dispose()  # its neighbours are as old
            raise _Lost from error
        try:
            raw.cursor().execute("ROLLBACK")
        except self._vendor.error:
            raw.invalidate()
        else:
            self._give_back(raw, pool)


def _meaning(verdict: Verdict, error: Exception) -> Exception:
    match verdict:
        case Verdict.OURS:
            return error
        case Verdict.FULL:
            return Full(said(error))
        case Verdict.CONFLICT | Verdict.UNAVAILABLE:
            return Unavailable(said(error))
