"""Which hosts were asked what they have, and what they have that nobody granted them."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, flag, time

revision = "c0007"
down_revision = "c0006"


def upgrade() -> None:
    for table, names in (("ledger", ("asked", "heard", "ahead")), ("host_assignments", ("told",))):
        for name in names:
            zero = sa.text("0")
            column = sa.Column(name, sa.BigInteger, nullable=False, server_default=zero)
            op.add_column(table, column)
    with op.batch_alter_table("permits") as permits:
        permits.drop_constraint("permits_generation", type_="unique")
        permits.create_unique_constraint(
            "permits_generation", ["instance_uuid", "generation", "host_id"]
        )
    op.create_table(
        "strangers",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("instance_uuid", exact(36), primary_key=True),
        sa.Column("host", exact(), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("power_state", sa.Integer, nullable=False),
        sa.Column("claimed", flag(), nullable=False),
        sa.Column("seen_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("strangers_instance", "strangers", ["instance_uuid"])
