"""Moving the servers of a host away while they run, one look after the other.

Nothing is kept here that matters: what was asked for is a migration of the server's, which goes on
by itself, so many of a host at a time ([DEFAULT] max_concurrent_live_migrations). Whoever looks
anew finds what is on its way, and asks for what is left.
"""

from typing import Any

from hostdown.cli.client import migrations, servers
from hostdown.cli.client.compute import Compute
from hostdown.cli.client.http import HttpError
from hostdown.cli.errors import Exit
from hostdown.cli.of_a_host import host_in, path_of
from hostdown.services.host_evacuation import priority

Record = dict[str, Any]

ON_ITS_WAY = frozenset({"accepted", "migrating", "busy"})
BAD = frozenset({"refused", "failed"})

_STOPPED = "It is stopped: nothing of it runs there."
_SILENT = "Its host is {silence}, and only a host that answers can hand over what it runs."


def host_of(compute: Compute, host: str) -> Record:
    """What its agent reports, and what is said of it."""
    return host_in(compute.call_ours("GET", path_of(host)))


def silence(seen: Record) -> str | None:
    """How it is if it does not answer, though it may not be down yet; None if it does."""
    if seen.get("unreachable_at"):
        return f"unreachable since {seen['unreachable_at']}"
    return "down" if seen.get("state") == "down" else None


class Drain:
    """`rows` by server: name, priority, destination, status, and as `error` why it is there."""

    def __init__(self, compute: Compute, host: str) -> None:
        self._compute = compute
        self._host = host
        self.silence: str | None = None
        """Why nothing could be asked of the host at the last look."""
        self.rows: dict[str, Record] = {}

    def look(self) -> None:
        """See how far each is, and ask for what was not; the most urgent first, then the oldest.

        Nothing is asked of a host that is silent: each migration would end in error.
        """
        self.silence = silence(host_of(self._compute, self._host))
        found = servers.listed(self._compute, {"all_tenants": 1, "host": self._host})[::-1]
        found.sort(key=lambda each: -priority(each.get("metadata") or {}))
        there = {str(each["id"]) for each in found}
        for uuid, row in self.rows.items():
            if uuid not in there and row["status"] in ON_ITS_WAY:
                self._left(uuid, row)
        for each in found:
            self._of_one(each)

    def count(self, *statuses: str) -> int:
        """How many are at one of these."""
        return sum(each["status"] in statuses for each in self.rows.values())

    def _left(self, uuid: str, row: Record) -> None:
        try:
            seen = servers.shown(self._compute, uuid)
        except HttpError as error:
            if error.code != Exit.NOT_FOUND:
                raise
            row["status"] = "deleted"
        else:
            row |= {"status": "moved", "destination": seen.get("OS-EXT-SRV-ATTR:host")}

    def _of_one(self, seen: Record) -> None:
        uuid, task = str(seen["id"]), seen.get("OS-EXT-STS:task_state")
        urgent = priority(seen.get("metadata") or {})
        begun = {"server": uuid, "name": seen.get("name"), "priority": urgent, "status": "busy"}
        row = self.rows.setdefault(uuid, begun)
        if task == "migrating":
            row["status"] = "migrating"
        elif task is None and row["status"] in ("accepted", "migrating"):
            why = servers.why(self._compute, uuid, "live-migration")
            row |= {"status": "failed", "error": why or "Its history says why."}
        elif task is None and row["status"] == "busy":
            self._ask(seen, row)

    def _ask(self, seen: Record, row: Record) -> None:
        if seen.get("OS-EXT-STS:vm_state") == "stopped":
            row |= {"status": "stays", "error": _STOPPED}
            return
        if self.silence is not None:
            row |= {"status": "refused", "error": _SILENT.format(silence=self.silence)}
            return
        try:
            migrations.migrate(self._compute, row["server"], None, live=True)
        except HttpError as error:
            if error.code == Exit.NO_ANSWER:
                raise
            row |= {"status": "refused", "error": str(error)}
        else:
            row["status"] = "accepted"
