"""What peers read in a host's slots, and what follows of it (NEVER-TWICE F7).

An armed host writes a renewal into its slot on each of its pools; one that was reset, or has no
power, writes none. So whoever finds twice the same, with a credit's whole life and the timer's
between, knows that nothing runs there any more. Whatever is missing, late, failed or different is
no such finding.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from hostdown.domain.watchdog import Renewal


class Do(StrEnum):
    """What a host is asked to do with another one's slot."""

    READ = "read"
    MARK = "mark"


class Said(NamedTuple):
    """What came of an order: the renewal that was read, whether the mark is there, or why not."""

    renewal: Renewal | None = None
    marked: bool = False
    failure: str | None = None


class Finding(StrEnum):
    """What is known of a host by its slots."""

    LOOKING = "looking"
    """Nothing yet."""
    STILL = "still"
    """Two looks, one after the other, found the same."""
    WRITING = "writing"
    """It lives there."""
    UNREAD = "unread"
    """Not every slot can be read."""


Look = Mapping[str, Sequence[Said | None]]
"""By pool, what each of its readers said; None for one that did not in time."""
Renewals = Mapping[str, Renewal]
"""By pool."""


class Looked(NamedTuple):
    """What one look at all slots says. `renewals`: what was read in each that was; `is_written`:
    the host lives. `reason`: why it is no look at all slots that finds nothing new; else None.
    """

    renewals: Renewals
    is_written: bool
    reason: str | None


def looked(look: Look, boot_id: str, known: Renewals) -> Looked:
    """Of the boot `boot_id`; `known` is what was read before, in whichever slots that was.

    Of two readers both must have read the same. A slot without a renewal, or with one of another
    boot, says nothing about this one: somebody put the pool back from a copy, and the host may
    write to a file that nobody else sees.
    """
    found = _renewals(look)
    newest = {pool: read[-1] for pool, read in found.items() if read}
    for pool, read in sorted(found.items()):
        if _differ(read, known.get(pool)):
            return Looked(newest, True, f"Its slot on pool {pool} is written to: it lives.")
    for pool, answers in sorted(look.items()):
        why = _unread(answers)
        if why is None and newest[pool].boot_id != boot_id:
            why = "has no renewal of the boot that is silent."
        if why is not None:
            return Looked(newest, False, f"Its slot on pool {pool} {why}")
    return Looked(newest, False, None)


def lived_on(look: Look, boot_id: str, known: Renewals) -> tuple[Renewals, str | None]:
    """What was read of a boot that was proven over, and why it lives; None: nothing says so (F5).

    A newer boot renews the same slots, and says nothing of this one.
    """
    read = _renewals(look).items()
    ours = {pool: [each for each in found if each.boot_id == boot_id] for pool, found in read}
    newest = {**known, **{pool: found[-1] for pool, found in ours.items() if found}}
    for pool, found in sorted(ours.items()):
        if _differ(found, known.get(pool)):
            return newest, f"Its slot on pool {pool} is written to: what was proven over lives."
    return newest, None


def _renewals(look: Look) -> Mapping[str, Sequence[Renewal]]:
    """What was read, by pool."""
    return {
        pool: [each.renewal for each in answers if each is not None and each.renewal is not None]
        for pool, answers in look.items()
    }


def _differ(read: Sequence[Renewal], before: Renewal | None) -> bool:
    return len({*read, *([] if before is None else [before])}) > 1


def _unread(answers: Sequence[Said | None]) -> str | None:
    """Why not all have read it."""
    for each in answers:
        if each is None:
            return "was not read in time."
        if each.renewal is None:
            return f"was not read: {each.failure or 'it has no renewal.'}"
    return None if answers else "was given to nobody to read."


STILL_S = 2.5
"""For so long the slots of a host must have said the same before its Off is believed (F3)."""
LOOKING_MAX_S = 30.0
"""Reads may fail for so long, before a host is fenced of which nobody knows whether it writes."""


class Watched(NamedTuple):
    """What follows of the looks at one host's slots, which began at `began_s`.

    `known`: what was read last in each slot; `since_s`: t0, since when whole looks have found the
    same; None as long as none has. `still_s`: how long after t0 the newest of these was ordered.
    """

    began_s: float
    known: Renewals = MappingProxyType({})
    since_s: float | None = None
    finding: Finding = Finding.LOOKING
    reason: str | None = None
    still_s: float = 0.0


def after_look(
    before: Watched, look: Look, boot_id: str, ordered_s: float, now_s: float
) -> Watched:
    """What follows of a look that was ordered at `ordered_s`, and answered by now.

    A host that was seen to write is taken to live until two whole looks, one after the other, find
    the same: a read that fails says nothing, and t0 begins anew.
    """
    seen = looked(look, boot_id, before.known)
    now = before._replace(known={**before.known, **seen.renewals}, still_s=0.0)
    if seen.is_written:
        return now._replace(since_s=None, finding=Finding.WRITING, reason=seen.reason)
    if seen.reason is not None:
        is_new = now.finding is Finding.LOOKING and now_s - now.began_s < LOOKING_MAX_S
        return _unread_after(now, seen.reason, is_new)
    if now.since_s is None:
        return now._replace(since_s=now_s)
    return now._replace(finding=Finding.STILL, reason=None, still_s=ordered_s - now.since_s)


def unreadable(before: Watched, reason: str) -> Watched:
    """There is nobody who could look."""
    return _unread_after(before, reason, is_new=False)


def _unread_after(before: Watched, reason: str, is_new: bool) -> Watched:
    stays = is_new or before.finding is Finding.WRITING
    finding = before.finding if stays else Finding.UNREAD
    return before._replace(since_s=None, finding=finding, reason=reason, still_s=0.0)
