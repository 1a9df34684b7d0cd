"""What a database's error means: try again, no room, no answer, or our own mistake."""

import psycopg
import pymysql
import pytest
from psycopg import errors

from hostdown.storage import DatabaseSettings
from hostdown.storage.mariadb import MariadbVendor
from hostdown.storage.postgresql import PostgresqlVendor
from hostdown.storage.server import Verdict
from hostdown.storage.settings import database_url

SETTINGS = DatabaseSettings("", "")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (errors.SerializationFailure(), Verdict.CONFLICT),
        (errors.DeadlockDetected(), Verdict.CONFLICT),
        (errors.DiskFull(), Verdict.FULL),
        (errors.QueryCanceled(), Verdict.UNAVAILABLE),
        (errors.AdminShutdown(), Verdict.UNAVAILABLE),
        (errors.CannotConnectNow(), Verdict.UNAVAILABLE),
        (errors.TooManyConnections(), Verdict.UNAVAILABLE),
        (errors.ReadOnlySqlTransaction(), Verdict.UNAVAILABLE),
        (errors.LockNotAvailable(), Verdict.UNAVAILABLE),
        (psycopg.OperationalError("the connection is closed"), Verdict.UNAVAILABLE),
        (errors.UndefinedTable(), Verdict.OURS),
        (errors.StringDataRightTruncation(), Verdict.OURS),
        (errors.UniqueViolation(), Verdict.OURS),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_postgresqls_errors(error: Exception, verdict: Verdict) -> None:
    vendor = PostgresqlVendor(database_url("postgresql://h/d"), SETTINGS)
    assert vendor.verdict(error) is verdict


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (pymysql.OperationalError(1213, "Deadlock found"), Verdict.CONFLICT),
        (pymysql.OperationalError(1020, "Record has changed"), Verdict.CONFLICT),
        (pymysql.OperationalError(1021, "Disk full"), Verdict.FULL),
        (pymysql.OperationalError(1114, "The table is full"), Verdict.FULL),
        (pymysql.OperationalError(3, "Error writing file (Errcode: 28)"), Verdict.FULL),
        (pymysql.OperationalError(1205, "Lock wait timeout exceeded"), Verdict.UNAVAILABLE),
        (pymysql.OperationalError(1969, "max_statement_time exceeded"), Verdict.UNAVAILABLE),
        (pymysql.OperationalError(1040, "Too many connections"), Verdict.UNAVAILABLE),
        (pymysql.OperationalError(2003, "Can't connect"), Verdict.UNAVAILABLE),
        (pymysql.InterfaceError(0, ""), Verdict.UNAVAILABLE),
        (pymysql.ProgrammingError(1146, "No such table"), Verdict.OURS),
        (pymysql.DataError(1406, "Data too long"), Verdict.OURS),
        (pymysql.IntegrityError(1062, "Duplicate entry"), Verdict.OURS),
    ],
    ids=lambda value: str(value.args[0]) if isinstance(value, Exception) else value.name,
)
def test_mariadbs_errors(error: Exception, verdict: Verdict) -> None:
    vendor = MariadbVendor(database_url("mariadb://h/d"), SETTINGS)
    assert vendor.verdict(error) is verdict
