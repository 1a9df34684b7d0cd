"""May this agent speak for this host? Decided from what the records say and the agent claims.

A host is the id made at enrolment and lives on one machine; its name is only a label. Its agent's
sessions follow one another: each names the one it follows, so a session request that is heard twice
begins nothing the second time (NEVER-TWICE D4, RACES 61 to 63).
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from unicodedata import category

from hostdown.domain.errors import (
    HostDeleted,
    HostForked,
    HostIsLive,
    HostMachineChanged,
    HostNameInvalid,
    SessionUnknown,
)
from hostdown.domain.model import HostRecord

NAME_LENGTH_MAX = 255
"""Characters; the width of the Compute API's host columns."""

LIVE_INTERVALS = 2
"""A host that reported within this many report intervals is live: nobody may take it over."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what steers a terminal or the direction of writing, ends a line, is seen
by nobody, or is no character: two names that look alike could be two hosts."""

_NAME_BY_NAME = re.compile(r"[a-zA-Z0-9._-]+\Z")


class Claim(NamedTuple):
    """What an agent says to begin a session; `after` is the session that it follows, `sleeps`
    whether its machine may go to sleep, None where it does not know."""

    after: int
    machine_id: str
    boot_id: str
    agent_version: str
    sleeps: bool | None = None


def check_name(name: str) -> None:
    """Raises HostNameInvalid. Any script is welcome; the rest would not survive a URL or a log."""
    fits = 0 < len(name) <= NAME_LENGTH_MAX and name == name.strip() and "/" not in name
    if not fits or any(category(character) in _UNSEEN for character in name):
        raise HostNameInvalid(length_max=NAME_LENGTH_MAX)


def goes_by_name(name: str) -> bool:
    """Whether requests up to 2.52 can name the host (contract 1.8, hostname-like).

    They are the documented way to force a host down; any other name takes the service's uuid.
    """
    return _NAME_BY_NAME.match(name) is not None


def live_for(last_seen: datetime | None, now: datetime, report_interval: timedelta) -> timedelta:
    """How much longer the host counts as live if no further report comes; zero if it does not."""
    if last_seen is None:
        return timedelta()
    return max(timedelta(), min(last_seen, now) + LIVE_INTERVALS * report_interval - now)


def begin(record: HostRecord, claim: Claim, live: timedelta) -> HostRecord:
    """The host's record in its next session.

    Raises HostDeleted; HostForked; HostIsLive while another machine or another boot of it reports,
    with `retry_after_s`; HostMachineChanged; SessionUnknown when the claim follows another session.
    The same machine and boot may always go on: its older agent is gone or about to be told.
    """
    if record.deleted_at is not None:
        raise HostDeleted(name=record.name)
    if record.forked_at is not None:
        raise HostForked(name=record.name)
    same_machine = claim.machine_id == record.machine_id
    same_boot = claim.boot_id == record.boot_id
    if live and not (same_machine and same_boot):
        raise HostIsLive(name=record.name, retry_after_s=live.total_seconds())
    if not same_machine:
        raise HostMachineChanged(name=record.name)
    if claim.after != record.session:
        raise SessionUnknown(name=record.name, newest=record.session)
    return record._replace(
        session=record.session + 1,
        boot=record.boot if same_boot else record.boot + 1,
        boot_id=claim.boot_id,
        agent_version=claim.agent_version,
        sleeps=claim.sleeps,
    )
