"""Ending the permit of a host that is dead, or said to be (NEVER-TWICE P2, P6, W4).

A permit ends by its host's surrender, by a proof that covers its host and boot, or by an operator's
word; never by a time-out. A host that was heard lately is asked to surrender before a word is used.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from hostdown.domain.instance import Ended, Permit
from hostdown.domain.liveness import State, Window, state_in
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.permits import PROOF
from hostdown.domain.pools import PoolClass
from hostdown.services import doubts
from hostdown.services.cell_ports import CellRows

ASK = timedelta(seconds=2)
"""How long a host that talks may take to surrender before the operator's word is used (W4)."""


class Silent(StrEnum):
    """What an administrator's call is for a host that is down by silence only (P6)."""

    WORD = "word"
    PROOF = "proof"


class Covers(StrEnum):
    """For which servers the operator's word stands in for a proof (NEVER-TWICE D1)."""

    ALL = "all"
    LOCKS = "locks"
    """Those on pools whose locks keep a second writer out, should the word be wrong."""


class Word(NamedTuple):
    """Who says that the host is dead, and in which request."""

    user: str
    request_id: str

    def __str__(self) -> str:
        return f"{self.user} ({self.request_id})"


class Release(NamedTuple):
    """What became of the attempt. Not `ended`: try again at `due_at`, because of `reason`."""

    ended: bool
    due_at: datetime | None = None
    reason: str | None = None


_NOT_COVERED = (
    "A word that host {host} is dead is not enough ([evacuate] word_covers): nothing says that the "
    "locks of its pool keep a second writer out. A proof is waited for."
)


class Rules(NamedTuple):
    """By what permits end. `heard` is for how long a host counts as one that talks."""

    heard: timedelta
    life: Window
    now: datetime
    covers: Covers = Covers.ALL


class Releases:
    """The permits of one transaction, and what is known in it of the hosts that have them.

    A dead host has many: what the transaction finds of it, it is asked for once.
    """

    def __init__(self, rows: CellRows, rules: Rules) -> None:
        self._rows = rows
        self._rules = rules
        self.voided = cache(rows.proofs.voided)
        """When a proof of a host (its id) turned out to be void last, if one did."""
        self._proofs = cache(rows.proofs.covering)
        self._service = cache(self._found)

    def is_dead(self, permit: Permit, silent: Silent) -> bool:
        """Whether the permit's host is proven dead, or said to be; `silent`: if it is not heard."""
        if self._proofs(permit.host_id, permit.boot):
            return True
        service = self._service(permit.host)
        return service is not None and self._is_word(service, silent)

    def release(self, permit: Permit, word: Word, number: int, silent: Silent) -> Release:
        """End a permit if that may be; `number` is this transaction's (`Ledger.next`)."""
        again = self._rules.now + ASK
        proofs = self._proofs(permit.host_id, permit.boot)
        if proofs:
            return self._end(permit, PROOF, str(proofs[-1][0]), number)
        service = self._service(permit.host)
        if service is None or not self._is_word(service, silent):
            return Release(False, again, self._not_yet(permit.host, service))
        if not permit.asked_back and self._talks(service):
            self._rows.permits.ask_back(permit)
            self._rows.ledger.changed([permit.host_id], number)
            return Release(False, again, f"Host {permit.host} is asked to give it up.")
        if not self._covers(permit):
            return Release(False, again, _NOT_COVERED.format(host=permit.host))
        return self._end(permit, "word", str(word), number)

    def waits_for(self, permit: Permit, silent: Silent) -> str | None:
        """What has to come before the permit could end now; None if a proof or a word would do."""
        if self._proofs(permit.host_id, permit.boot):
            return None
        service = self._service(permit.host)
        if service is None or not self._is_word(service, silent):
            return self._not_yet(permit.host, service)
        if not self._covers(permit):
            return _NOT_COVERED.format(host=permit.host)
        return None

    def _found(self, host: str) -> Service | None:
        services = self._rows.services.find(host, COMPUTE)
        return services[0] if services else None

    def _covers(self, permit: Permit) -> bool:
        """Whether a word is enough for a server of this host."""
        return self._rules.covers is Covers.ALL or _has_locks(self._rows, permit)

    def _end(self, permit: Permit, kind: str, by: str, number: int) -> Release:
        now = self._rules.now
        doubtful = doubts.end(self._rows, permit, Ended(kind, by, now))
        self._rows.ledger.changed([permit.host_id], number)
        if doubtful is None:
            return Release(True)
        return Release(False, now, f"Host {doubtful.host} may have it: its proof is void.")

    def _is_word(self, service: Service, silent: Silent) -> bool:
        if service.forced_down:
            return True
        return silent is Silent.WORD and state_in(service, self._rules.life) is State.DOWN

    def _talks(self, service: Service) -> bool:
        seen = service.last_seen_up
        return seen is not None and seen >= self._rules.now - self._rules.heard

    def _not_yet(self, host: str, service: Service | None) -> str:
        if service is not None and state_in(service, self._rules.life) is State.UP:
            return f"Host {host} is up again: force it down, or let it give the server up."
        return f"Nothing proves yet that host {host} is dead; force it down if you know that it is."


def _has_locks(rows: CellRows, permit: Permit) -> bool:
    """Whether its host found, as it told last, that the locks of its pool work."""
    managed = rows.nodes.on_host(permit.host)
    return managed is not None and managed.node.resources.pool_class == PoolClass.LOCKS
