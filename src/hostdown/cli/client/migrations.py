"""Moves of servers, as every microversion has them."""

from collections.abc import Mapping
from typing import Any

from hostdown.cli.client import pages
from hostdown.cli.client.compute import Compute

Record = dict[str, Any]

PAGES_SINCE = (2, 59)
"""Before, every answer has all there are, and a limit means nothing."""


def listed(
    compute: Compute, filters: Mapping[str, object], most: int | None = None
) -> list[Record]:
    """Those that pass the filters, the newest first from 2.59 on; of these the first `most`."""
    paged = most is not None and compute.version >= PAGES_SINCE
    query = {**filters, "limit": most} if paged else dict(filters)
    return pages.records(compute, "/os-migrations", "migrations", query, most=most)
