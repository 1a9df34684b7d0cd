"""MariaDB, by PyMySQL."""

import logging
from typing import Any

import pymysql
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection

from hostdown.storage.server import Verdict, pooled
from hostdown.storage.settings import DatabaseSettings

log = logging.getLogger(__name__)

_CONFLICTS = {1020, 1213}
_LOST = {1927, 2006, 2013, 2014, 2045, 2055, 4031}
_FULL = {28, 1021, 1114}
_GRACE_S = 2.0
"""How much longer than the server's own limit we wait for it to keep it."""


class MariadbVendor:
    """`storage.server.Vendor`."""

    error: type[Exception] = pymysql.Error

    def __init__(self, url: URL, settings: DatabaseSettings) -> None:
        self._settings = settings
        self.engine = pooled(url, settings)
        event.listen(self.engine, "connect", self._connected)
        event.listen(self.engine, "first_connect", _check_durability)

    def verdict(self, error: Exception) -> Verdict:
        code = error.args[0] if error.args else None
        if code in _CONFLICTS:
            return Verdict.CONFLICT
        if code in _FULL or "Errcode: 28" in str(error):
            return Verdict.FULL
        if isinstance(error, (pymysql.OperationalError, pymysql.InterfaceError)):
            return Verdict.UNAVAILABLE
        return Verdict.OURS

    def lost(self, error: Exception, raw: PoolProxiedConnection) -> bool:
        return isinstance(error, (pymysql.InterfaceError, pymysql.InternalError)) or (
            bool(error.args) and error.args[0] in _LOST
        )

    def descriptor(self, raw: PoolProxiedConnection) -> int:
        sock = getattr(raw.driver_connection, "_sock", None)
        if sock is None:
            raise pymysql.InterfaceError(0, "the connection is closed")
        number: int = sock.fileno()
        return number

    def connect(self) -> "pymysql.Connection[Any]":
        """A server that takes it and says nothing is not waited for as for an answer."""
        given = self.engine.dialect.create_connect_args(self.engine.url)[1]
        arguments = {**given, **connect_arguments(self._settings)}
        arguments["read_timeout"] = self._settings.connect_timeout_s
        return pymysql.connect(**arguments)

    def timed_out(self, error: Exception) -> bool:
        cause = getattr(error, "original_exception", None) or error.__context__
        return isinstance(cause, TimeoutError)

    def _connected(self, connection: "pymysql.Connection[Any]", _record: object) -> None:
        limit_s = self._settings.statement_timeout_s
        lock_s = max(1, round(limit_s))
        # It knows one limit for the greeting and for all that follows.
        known: Any = connection
        known._read_timeout = connect_arguments(self._settings)["read_timeout"]
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cursor.execute(
                f"SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES',"
                f" max_statement_time = {limit_s}, idle_transaction_timeout = {lock_s},"
                f" innodb_lock_wait_timeout = {lock_s}, lock_wait_timeout = {lock_s}"
            )


def connect_arguments(settings: DatabaseSettings, autocommit: bool = True) -> dict[str, Any]:
    """For PyMySQL, with limits; `autocommit`: each statement is committed by itself."""
    answer_within_s = settings.statement_timeout_s + _GRACE_S
    return {
        "connect_timeout": settings.connect_timeout_s,
        "read_timeout": answer_within_s,
        "write_timeout": answer_within_s,
        "charset": "utf8mb4",
        "autocommit": autocommit,
    }


def _check_durability(connection: "pymysql.Connection[Any]", _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@global.innodb_flush_log_at_trx_commit")
        row = cursor.fetchone()
    if row is not None and row[0] != 1:
        log.warning(
            "MariaDB runs with innodb_flush_log_at_trx_commit = %s, so a change that was answered "
            "can be lost when the machine stops; set it to 1",
            row[0],
        )
