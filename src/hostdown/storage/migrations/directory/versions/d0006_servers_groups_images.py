"""Where instances are, their groups, images, and who may use flavors that are not public."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "d0006"
down_revision = "d0005"


def upgrade() -> None:
    _flavor_projects()
    _instance_mappings()
    _server_groups()
    _server_group_members()
    _images()


def _flavor_projects() -> None:
    op.create_table(
        "flavor_projects",
        sa.Column("flavor_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("project_id", exact(), primary_key=True),
        **TABLE_OPTIONS,
    )


def _instance_mappings() -> None:
    op.create_table(
        "instance_mappings",
        sa.Column("uuid", exact(36), primary_key=True),
        sa.Column("cell", exact(), nullable=False),
        sa.Column("project_id", exact(), nullable=False),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("deleted", flag(), nullable=False),
        sa.Column("asked", long_text()),
        **TABLE_OPTIONS,
    )
    op.create_index("instance_mappings_cell", "instance_mappings", ["cell", "deleted"])
    op.create_index("instance_mappings_project", "instance_mappings", ["project_id", "deleted"])


def _server_groups() -> None:
    op.create_table(
        "server_groups",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("uuid", exact(36), nullable=False),
        sa.Column("name", exact(), nullable=False),
        sa.Column("project_id", exact(), nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("policy", exact(32), nullable=False),
        sa.Column("max_server_per_host", sa.Integer),
        sa.Column("created_at", time(), nullable=False),
        sa.UniqueConstraint("uuid", name="server_groups_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("server_groups_project", "server_groups", ["project_id", "id"])


def _server_group_members() -> None:
    op.create_table(
        "server_group_members",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("group_uuid", exact(36), nullable=False),
        sa.Column("instance_uuid", exact(36), nullable=False),
        sa.UniqueConstraint("instance_uuid", name="server_group_members_instance"),
        **TABLE_OPTIONS,
    )
    op.create_index("server_group_members_group", "server_group_members", ["group_uuid", "id"])


def _images() -> None:
    op.create_table(
        "images",
        sa.Column("id", exact(36), primary_key=True),
        sa.Column("name", exact()),
        sa.Column("owner", exact(), nullable=False),
        sa.Column("status", exact(16), nullable=False),
        sa.Column("visibility", exact(16), nullable=False),
        sa.Column("disk_format", exact(16)),
        sa.Column("container_format", exact(16)),
        sa.Column("size", sa.BigInteger),
        sa.Column("virtual_size", sa.BigInteger),
        sa.Column("min_disk_gb", sa.Integer, nullable=False),
        sa.Column("min_ram_mb", sa.BigInteger, nullable=False),
        sa.Column("protected", flag(), nullable=False),
        sa.Column("hidden", flag(), nullable=False),
        sa.Column("checksum", exact(32)),
        sa.Column("sha256", exact(64)),
        sa.Column("sha512", exact(128)),
        sa.Column("properties", long_text(), nullable=False),
        sa.Column("tags", long_text(), nullable=False),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("updated_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("images_created_at", "images", ["created_at", "id"])
