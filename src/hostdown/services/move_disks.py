"""The disks of servers that move, by the pools that their hosts have at the moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.assignment import Disk
from hostdown.domain.cautions import disk_lost, word_caution
from hostdown.domain.destinations import Candidate
from hostdown.domain.disk_moves import disk_at, last_user
from hostdown.domain.instance import Ended, Permit
from hostdown.domain.model import HostRecord, Resources
from hostdown.domain.permits import since_confirmed
from hostdown.services.permit_ports import ProofRows

WORD = "word"
"""The kind of end of a permit behind which nothing but somebody's word stands (NEVER-TWICE P2)."""


class MoveDisks(NamedTuple):
    """What the hosts of one transaction say; both mappings are by host name."""

    hosts: Mapping[str, Candidate]
    records: Mapping[str, HostRecord]

    def pool_of(self, permits: Sequence[Permit]) -> str:
        """Where the server's disk is; "" if it has none yet, or nobody knows."""
        user = last_user(permits)
        found = None if user is None else self._resources(user)
        return "" if found is None else found.pool_id

    def at(self, host: str, permits: Sequence[Permit]) -> tuple[Disk, int]:
        """What the host is to do about the disk, and the generation that last wrote to it."""
        return disk_at(permits, self.pool_of(permits), self._pool_at(host))

    def notes(self, to: str, permits: Sequence[Permit]) -> str | None:
        """What has to be said of a move to this host (NEVER-TWICE X1, X4; edge 33)."""
        there = self._pool_at(to)
        said: list[str] = []
        user = last_user(permits)
        if user is not None and self.at(to, permits)[0] is Disk.CREATE:
            said.append(disk_lost(user.host))
        for each in since_confirmed(permits):
            if each.ended is None or each.ended.kind != WORD:
                continue
            found = self._resources(each)
            pool, pool_class = ("", "") if found is None else (found.pool_id, found.pool_class)
            shared = not (pool and there) or pool == there
            caution = word_caution(each.ended.by, each.host, pool_class, shared)
            if caution is not None:
                said.append(caution)
        return " ".join(dict.fromkeys(said)) or None

    def _pool_at(self, host: str) -> str:
        found = self.hosts.get(host)
        return "" if found is None else found.resources.pool_id

    def _resources(self, permit: Permit) -> Resources | None:
        """Of the permit's host; None if it is gone, or another one has its name."""
        found, record = self.hosts.get(permit.host), self.records.get(permit.host)
        mine = record is not None and record.id == permit.host_id
        return found.resources if mine and found is not None else None


def as_if_said(
    permits: Sequence[Permit], proofs: ProofRows, by: str, now: datetime, kind: str = WORD
) -> list[Permit]:
    """The permits once somebody has given the word for those that nothing else would end, or, as
    `kind` says, once there is a proof."""
    return [
        each
        if each.ended is not None or proofs.covering(each.host_id, each.boot)
        else each._replace(ended=Ended(kind, by, now, each.confirmed))
        for each in permits
    ]
