"""Column types that mean the same on SQLite, PostgreSQL and MariaDB.

Names compare by code point: case, accents and trailing blanks count, and so does the order of a
list. Times are whole microseconds since 1970 UTC (docs/decisions/0003-times-as-integers.md).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)

ID_MAX = 2**63 - 1

TABLE_OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,  # the id of a deleted row is never given again
    "mysql_engine": "InnoDB",
    "mariadb_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_charset": "utf8mb4",
}


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC; `moment` is naive UTC."""
    return (moment - EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """As `micros`, for a column that may be empty."""
    return None if moment is None else micros(moment)


def moment(stored: int) -> datetime:
    """What `micros` stored."""
    return EPOCH + timedelta(0, 0, stored)


def moment_or_none(stored: int | None) -> datetime | None:
    """As `moment`, for a column that may be empty."""
    return None if stored is None else EPOCH + timedelta(0, 0, stored)


def exact(length_max: int = 255) -> TypeEngine[str]:
    """Text that is compared by code point, up to `length_max` characters in any script."""
    return (
        String(length_max)
        .with_variant(String(length_max, collation="C"), "postgresql")
        .with_variant(
            mysql.VARCHAR(length_max, charset="utf8mb4", collation="utf8mb4_nopad_bin"),
            "mysql",
            "mariadb",
        )
    )


def long_text() -> TypeEngine[str]:
    """Text that is only shown: JSON, versions of things."""
    return Text().with_variant(
        mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
    )


def counter() -> TypeEngine[int]:
    """An integer key that the database counts up."""
    return BigInteger().with_variant(Integer(), "sqlite")


def time() -> TypeEngine[int]:
    """A time, as `micros` gives it."""
    return BigInteger()


def flag() -> TypeEngine[bool]:
    """True or false; SQLite and MariaDB answer 1 or 0."""
    return Boolean()


def secret() -> TypeEngine[bytes]:
    """Bytes of a secret."""
    return LargeBinary()
