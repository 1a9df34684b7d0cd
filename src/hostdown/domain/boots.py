"""The boots of a host, and whether an older one lives on beside a newer (NEVER-TWICE D4, F4, F5).

A machine that was started anew has ended what it was before, so nothing of an older boot is sent
once a newer one has begun. Where something is, two machines have one identity. What the older boot
sent before may be on its way for long, or come twice: a message is as old as its signed time says,
or as its arrival if that was earlier.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.model import HostRecord

LAST_WORDS = timedelta(seconds=1)
"""For so long what an older boot sends says nothing yet (NEVER-TWICE F5)."""


class Boot(NamedTuple):
    """One boot of a host. `session` is its first one; 0 if nobody remembered that."""

    number: int
    boot_id: str
    session: int
    began_at: datetime


class Moment(NamedTuple):
    """When something was sent, as its sender's signed time says, and when it arrived."""

    sent_at: datetime
    heard_at: datetime


def to_remember(
    known: Sequence[Boot], seen: HostRecord, after: HostRecord, moment: Moment
) -> list[Boot]:
    """The boots that are new once a session has begun; `known` are those remembered, by number.

    A boot that began before there was a memory is remembered with the next one.
    """
    if after.boot == seen.boot:
        return []
    newest = Boot(after.boot, after.boot_id, after.session, max(moment))
    if not seen.boot_id or any(each.number == seen.boot for each in known):
        return [newest]
    return [Boot(seen.boot, seen.boot_id, 0, seen.enrolled_at), newest]


def after_session(boots: Sequence[Boot], session: int) -> Boot | None:
    """The boot that followed the one of this session; None if there is none."""
    return next((each for each in boots if each.session > session), None)


def after_boot(boots: Sequence[Boot], boot_id: str) -> Boot | None:
    """The boot that followed the one with this id; None if there is none, or nobody knows it."""
    found = next((place for place, each in enumerate(boots, 1) if each.boot_id == boot_id), None)
    return None if found is None else next(iter(boots[found:]), None)


def outlived(newer: Boot, moment: Moment) -> bool:
    """Whether what a boot before `newer` sent shows that it lives beside it."""
    return min(moment) > newer.began_at + LAST_WORDS
