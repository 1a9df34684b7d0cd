"""Hears all hosts before anything is granted (NEVER-TWICE P5).

A database may have lost commits: it was put back from a backup, or is a replica that lacked them.
So whoever begins to lead, and whoever hears of a host that has seen a higher commit, asks all hosts
what they have, and until every one that is up has said so nothing is granted but permits of new
servers. Hosts are asked by the version of their assignments: it is never less than the question's
number, so the answers to pulses and reports tell them that there is something new.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.assignment import Had
from hostdown.domain.model import HostRecord
from hostdown.services import adoption
from hostdown.services.cell_ports import CellRows
from hostdown.services.hearing_ports import Standing
from hostdown.services.migrations import is_uncleared

LOG = logging.getLogger(__name__)

WAITS = (
    "Every host is asked first what it has, as after each start, take-over or restore of the "
    "database. One that does not answer is waited for until it is down, and for two report "
    "intervals unless it is proven dead."
)
"""Why nothing is granted meanwhile."""


class Question(NamedTuple):
    """What a host says when it asks for its assignments.

    `known` is the version that it has, `settled` the newest at which it had nothing else left;
    `database_id` and `commit` are the highest that it has seen. `have`: every permit that it has
    not given up; None where it does not say.
    """

    known: int = 0
    settled: int = 0
    database_id: str = ""
    commit: int = 0
    have: Sequence[Had] | None = None


class Heard(NamedTuple):
    """What a host's question means here. `is_news`: something of it is to be written."""

    is_news: bool
    is_asked: bool
    ended: Sequence[tuple[str, int]]


def look(rows: CellRows, record: HostRecord, said: Question, known: Standing) -> Heard:
    """Reads only. A host of another database is not asked: what it has is nothing of ours."""
    if said.database_id not in ("", known.database_id):
        return Heard(False, False, ())
    is_ahead = said.commit > known.number
    is_asked = known.hearing.goes_on and known.told < known.hearing.asked
    if said.have is None:
        return Heard(is_ahead, is_asked, ())
    is_news, ended = adoption.look(rows, record, said.have)
    # Of a host that was never heard nobody would know that it is to be asked.
    return Heard(is_ahead or is_asked or known.told < 0 or is_news, False, ended)


def take(rows: CellRows, record: HostRecord, said: Question, now: datetime) -> None:
    """Write what `look` found."""
    _, before = rows.ledger.now()
    number = rows.ledger.next()
    hearing = rows.hearing.now()
    if said.commit > before:
        if not hearing.goes_on:
            LOG.error(
                "Host '%s' has seen commit %d, and the newest one here is %d: the database has "
                "lost commits. Nothing is granted before every host has said what it has",
                record.name,
                said.commit,
                before,
            )
        rows.hearing.ask(hearing.asked if hearing.goes_on else number, said.commit)
    if said.have is not None:
        adoption.take(rows, record, said.have, number, now)
        if rows.hearing.standing(record.id).told < 0 and is_uncleared(rows, record.name):
            # Its name was that of a host that was deleted before it had cleared up: it has nothing
            # to do yet, and says that it has nothing left only of what it was told.
            rows.ledger.changed([record.id], number)
        rows.hearing.tell(record.id, rows.hearing.now().asked)


def may_grant(rows: CellRows) -> bool:
    """Whether every host was heard."""
    return not rows.hearing.now().goes_on


def waits_for(rows: CellRows) -> str | None:
    """What has to come before anything is granted."""
    return None if may_grant(rows) else WAITS
