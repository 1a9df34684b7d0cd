"""The only package that knows SQL (SQLAlchemy Core 2, Alembic).

Law: implements the Protocols of `services/ports.py` on SQLite, PostgreSQL and MariaDB;
decides nothing.
"""
