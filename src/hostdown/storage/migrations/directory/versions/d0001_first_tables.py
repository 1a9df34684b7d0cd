"""Hosts, enrolments, identity and shared secrets."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, flag, secret, time

revision = "d0001"
down_revision = None


def upgrade() -> None:
    _hosts()
    _identity()
    op.create_table(
        "secret_keys",
        sa.Column("name", exact(), primary_key=True),
        sa.Column("value", secret(), nullable=False),
        **TABLE_OPTIONS,
    )


def _hosts() -> None:
    op.create_table(
        "hosts",
        sa.Column("id", exact(36), primary_key=True),
        sa.Column("name", exact(), nullable=False),
        sa.Column("cell", exact(), nullable=False),
        sa.Column("secret", secret(), nullable=False),
        sa.Column("machine_id", exact(), nullable=False),
        sa.Column("boot_id", exact(), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("session", sa.BigInteger, nullable=False),
        sa.Column("agent_version", exact(), nullable=False),
        sa.Column("enrolled_at", time(), nullable=False),
        sa.Column("deleted_at", time()),
        sa.Column("name_held", exact()),
        sa.UniqueConstraint("name_held", name="hosts_name_held"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "enrolments",
        sa.Column("name", exact(), primary_key=True),
        sa.Column("secret", secret(), nullable=False),
        sa.Column("replaces", flag(), nullable=False),
        sa.Column("expires_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )


def _identity() -> None:
    op.create_table(
        "users",
        sa.Column("id", exact(64), primary_key=True),
        sa.Column("name", exact(), nullable=False),
        sa.Column("password_hash", exact(), nullable=False),
        sa.Column("enabled", flag(), nullable=False),
        sa.Column("default_project_id", exact(64)),
        sa.UniqueConstraint("name", name="users_name"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "projects",
        sa.Column("id", exact(64), primary_key=True),
        sa.Column("name", exact(), nullable=False),
        sa.Column("enabled", flag(), nullable=False),
        sa.UniqueConstraint("name", name="projects_name"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "roles",
        sa.Column("user_id", exact(64), primary_key=True),
        sa.Column("project_id", exact(64), primary_key=True),
        sa.Column("role", exact(64), primary_key=True),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "revocations",
        sa.Column("subject", exact(), primary_key=True),
        sa.Column("issued_until", time(), nullable=False),
        sa.Column("expires_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("revocations_expires_at", "revocations", ["expires_at"])
