"""The only package that knows SQL (SQLAlchemy Core 2, Alembic).

Law: implements the Protocols of `services/*ports.py` on SQLite, PostgreSQL and MariaDB;
decides nothing.

Statements are built with SQLAlchemy, compiled once, and run on the driver's own cursor: a row stays
a tuple, a statement costs what the driver costs.
"""

from hostdown.storage.opening import Storage, get_ready, nobody, open_storage
from hostdown.storage.settings import DatabaseSettings

__all__ = ["DatabaseSettings", "Storage", "get_ready", "nobody", "open_storage"]
