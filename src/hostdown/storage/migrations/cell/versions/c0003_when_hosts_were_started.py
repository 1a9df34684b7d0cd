"""When a host was started, in place of a sentence that was old as soon as it was stored.

`cpu_info` was not checked to be JSON so far; each host's next report brings it anew.
"""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import time

revision = "c0003"
down_revision = "c0002"


def upgrade() -> None:
    op.drop_column("compute_nodes", "uptime")
    op.add_column("compute_nodes", sa.Column("booted_at", time()))
    op.execute("UPDATE compute_nodes SET cpu_info = '{}'")
