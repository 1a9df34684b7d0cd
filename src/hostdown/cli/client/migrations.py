"""Moves of servers, as every microversion has them."""

from collections.abc import Mapping
from typing import Any

from hostdown.cli.client import pages
from hostdown.cli.client.compute import Compute
from hostdown.cli.errors import CliError, Exit

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


_AUTO_SINCE = (2, 25)
_HOST_SINCE = (2, 56)


def migrate(compute: Compute, server: str, host: str | None, *, live: bool) -> None:
    """Have a server moved, while it runs or not."""
    body: dict[str, object]
    if live and compute.version >= _AUTO_SINCE:
        body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
    elif live:
        disks = {"block_migration": False, "disk_over_commit": False}
        body = {"os-migrateLive": {"host": host, **disks}}
    elif host is not None and compute.version < _HOST_SINCE:
        raise CliError("a host can be named from microversion 2.56 on", Exit.USAGE)
    else:
        body = {"migrate": None if host is None else {"host": host}}
    compute.call("POST", f"/servers/{server}/action", body)


def in_progress(compute: Compute, server: str) -> int:
    """The number of the live migration that goes on with a server."""
    found = compute.call("GET", f"/servers/{server}/migrations")
    listed = found.get("migrations") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise CliError("the server answered, but not with a list of migrations")
    if not listed:
        raise CliError(f"no live migration of server {server} is in progress", Exit.NOT_FOUND)
    return int(listed[-1]["id"])


def abort(compute: Compute, server: str, number: int) -> None:
    """Call one off."""
    compute.call("DELETE", f"/servers/{server}/migrations/{number}")


def force_complete(compute: Compute, server: str, number: int) -> None:
    """Let the server stand still until it is there."""
    body = {"force_complete": None}
    compute.call("POST", f"/servers/{server}/migrations/{number}/action", body)
