"""PostgreSQL, by psycopg 3."""

import logging
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection

from hostdown.storage.server import Verdict, pooled
from hostdown.storage.settings import DatabaseSettings

log = logging.getLogger(__name__)
R = TypeVar("R")

_CONFLICTS = {"40001", "40P01"}
_FULL = {"53100"}
_UNAVAILABLE = {"57014", "57P01", "57P02", "57P03", "55P03", "25006", "25P03", "25P04"}
_UNAVAILABLE_CLASSES = {"08", "53", "58", "XX"}

_CONNECT_MIN_S = 2  # libpq knows no shorter one
_GRACE_S = 2.0
"""How much longer than the server's own limit we wait for it to keep it."""


class PostgresqlVendor:
    """`storage.server.Vendor`."""

    error: type[Exception] = psycopg.Error

    def __init__(self, url: URL, settings: DatabaseSettings) -> None:
        self._url = url
        self._settings = settings
        self.engine = pooled(url, settings)
        event.listen(self.engine, "first_connect", _check_durability)

    def verdict(self, error: Exception) -> Verdict:
        state = getattr(error, "sqlstate", None) or ""
        if state in _CONFLICTS:
            return Verdict.CONFLICT
        if state in _FULL:
            return Verdict.FULL
        if state in _UNAVAILABLE or state[:2] in _UNAVAILABLE_CLASSES:
            return Verdict.UNAVAILABLE
        without_state = not state and isinstance(error, psycopg.OperationalError)
        return Verdict.UNAVAILABLE if without_state else Verdict.OURS

    def lost(self, error: Exception, raw: PoolProxiedConnection) -> bool:
        connection = raw.driver_connection
        return connection is None or bool(connection.closed)

    def descriptor(self, raw: PoolProxiedConnection) -> int:
        connection = raw.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 - this engine's
        return connection.fileno()

    def connect(self) -> psycopg.Connection[Any]:
        return connect(self._url, self._settings)

    def timed_out(self, error: Exception) -> bool:
        return isinstance(error, psycopg.errors.ConnectionTimeout)


class _Bounded(psycopg.Connection[Any]):
    """A connection that does not wait for ever for a server that hangs."""

    answer_within_s = 60.0

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        try:
            return super().wait(gen, interval, timeout or self.answer_within_s)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                self.close()  # in the middle of an answer: of no more use
            raise


def connect(url: URL, settings: DatabaseSettings, autocommit: bool = True) -> _Bounded:
    """A connection with limits; `autocommit`: each statement is committed by itself."""
    statement_ms = round(settings.statement_timeout_s * 1000)
    answer_within_s = settings.statement_timeout_s + _GRACE_S
    limits = {
        "statement_timeout": statement_ms,
        "lock_timeout": statement_ms,
        "idle_in_transaction_session_timeout": statement_ms,
        "default_transaction_isolation": "read\\ committed",
    }
    arguments: dict[str, Any] = {
        "connect_timeout": max(_CONNECT_MIN_S, round(settings.connect_timeout_s)),
        "tcp_user_timeout": round(answer_within_s * 1000),
        "client_encoding": "utf8",
        "application_name": "hostdown",
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }
    arguments |= url.get_dialect()().create_connect_args(url)[1]
    connection = _Bounded.connect(**arguments, autocommit=autocommit)
    connection.answer_within_s = answer_within_s
    try:
        _be_durable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _be_durable(connection: psycopg.Connection[Any]) -> None:
    """A commit waits for the disk, whatever the server's default is."""
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )


def _check_durability(connection: psycopg.Connection[Any], _record: object) -> None:
    for name in ("fsync", "full_page_writes"):
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if row is not None and row[0] == "off":
            log.warning(
                "PostgreSQL runs with %s = off, so a change that was answered can be lost when "
                "the machine stops; set %s = on in postgresql.conf",
                name,
                name,
            )
