"""Column types that mean the same on SQLite, PostgreSQL and MariaDB.

Names compare by code point: case, accents and trailing blanks count, and so does the order of a
list. Times are text, `2026-03-01 12:00:00.123456`, in UTC (docs/decisions/0003-times-as-text.md).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

ID_MAX = 2**63 - 1
"""What an id column of every database holds; a larger number is not found."""

TABLE_OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,  # the id of a deleted row is never given again
    "mysql_engine": "InnoDB",
    "mariadb_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_charset": "utf8mb4",
}


def written(moment: datetime) -> str:
    """A time as it is kept; `moment` is naive UTC. All have the same length, so order is kept."""
    return moment.isoformat(" ", "microseconds")


def written_or_none(moment: datetime | None) -> str | None:
    """As `written`, for a column that may be empty."""
    return None if moment is None else moment.isoformat(" ", "microseconds")


moment = datetime.fromisoformat
"""What `written` wrote."""


def moment_or_none(text: str | None) -> datetime | None:
    """As `moment`, for a column that may be empty."""
    return None if text is None else datetime.fromisoformat(text)


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


def storable(*names: str | None) -> bool:
    """Can a row have these names? PostgreSQL keeps no NUL, so nobody is called so anywhere."""
    return all(name is None or "\0" not in name for name in names)


def long_text() -> TypeEngine[str]:
    """Text that is only shown: JSON, versions of things."""
    return Text().with_variant(
        mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
    )


def counter() -> TypeEngine[int]:
    """An integer key that the database counts up."""
    return BigInteger().with_variant(Integer(), "sqlite")


def time() -> TypeEngine[str]:
    """A time, as `written` gives it."""
    return exact(26)


def flag() -> TypeEngine[bool]:
    """True or false; SQLite and MariaDB answer 1 or 0."""
    return Boolean()


def secret() -> TypeEngine[bytes]:
    """Bytes of a secret."""
    return LargeBinary()
