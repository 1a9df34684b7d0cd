"""Where the two databases are, and how long we wait for them."""

from dataclasses import dataclass, field
from importlib.util import find_spec

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mariadb+pymysql",
    "mariadb": "mariadb+pymysql",
}

_PACKAGES = {
    "postgresql+psycopg": ("psycopg", "postgresql"),
    "mariadb+pymysql": ("pymysql", "mariadb"),
}


CONNECT_TIMEOUT_S = 5.0
"""What a connection to a database may take."""

STATEMENT_TIMEOUT_S = 10.0
"""What one statement may take, and what a request waits for a connection of the pool."""

POOL_CONNECTIONS_MAX = 8
"""Connections of one worker to one database, but for the one that asks a silent one."""


@dataclass(frozen=True)
class DatabaseSettings:
    """The directory's and the cell's database; the same URL twice is one database.

    URLs are SQLAlchemy's: `sqlite:////var/lib/hostdown/hostdown.sqlite`,
    `postgresql://user:password@host/name`, `mariadb://user:password@host/name`. They may hold a
    password, so they are left out of `repr`.
    """

    directory_url: str = field(repr=False)
    cell_url: str = field(repr=False)
    cell_name: str = "cell1"
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    statement_timeout_s: float = STATEMENT_TIMEOUT_S
    pool_size: int = POOL_CONNECTIONS_MAX


def database_url(text: str) -> URL:
    """The URL with our driver in it; ValueError, without the password, if we cannot use it."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError(
            "a database URL looks like sqlite:////var/lib/hostdown/hostdown.sqlite or "
            "postgresql://user:password@host/name"
        ) from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise ValueError(
            f"'{url.get_backend_name()}' is not a database that hostdown can use; "
            "take sqlite, postgresql or mariadb"
        )
    package, extra = _PACKAGES.get(driver, ("sqlite3", ""))
    if find_spec(package) is None:
        raise ValueError(f"its driver is not installed: run pip install 'hostdown[{extra}]'")
    if driver == "sqlite" and (not url.database or url.database == ":memory:"):
        raise ValueError("an SQLite URL needs a file: sqlite:////var/lib/hostdown/hostdown.sqlite")
    return url.set(drivername=driver)


def shown(url: URL) -> str:
    """The URL for people: without its password."""
    return url.render_as_string(hide_password=True)
