"""What peers read in a host's slots, and what follows of it (NEVER-TWICE F7).

An armed host writes a renewal into its slot on each of its pools; one that was reset, or has no
power, writes none. So whoever finds twice the same, with a credit's whole life and the timer's
between, knows that nothing runs there any more. Whatever is missing, late, failed or different is
no such finding.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
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
    """Not every slot could be read."""


Look = Mapping[str, Sequence[Said | None]]
"""By pool, what each of its readers said; None for one that did not in time."""
Renewals = Mapping[str, Renewal]
"""By pool."""


class Looked(NamedTuple):
    """What a look found: the renewals, if all could be read and agree; else why not."""

    finding: Finding
    renewals: Renewals
    reason: str | None


def looked(look: Look, boot_id: str, before: Renewals | None) -> Looked:
    """What one look at all slots of the boot `boot_id` says; `before`: what the last one found.

    A slot without a renewal, or with one of another boot, says nothing about this one: somebody put
    the pool back from a copy, and the host may write to a file that nobody else sees.
    """
    found: dict[str, Renewal] = {}
    for pool, answers in sorted(look.items()):
        read = [each.renewal for each in answers if each is not None and each.renewal is not None]
        known = [*read, *([] if before is None or pool not in before else [before[pool]])]
        if len(set(known)) > 1:
            return Looked(Finding.WRITING, {}, f"Its slot on pool {pool} is written to: it lives.")
        if not answers or len(read) < len(answers):
            return Looked(Finding.UNREAD, {}, _unread(pool, answers))
        if read[0].boot_id != boot_id:
            reason = f"Its slot on pool {pool} has no renewal of the boot that is silent."
            return Looked(Finding.UNREAD, {}, reason)
        found[pool] = read[0]
    return Looked(Finding.LOOKING if before is None else Finding.STILL, found, None)


def _unread(pool: str, answers: Sequence[Said | None]) -> str:
    if not answers:
        return f"Nobody who is up can read pool {pool}."
    for each in answers:
        if each is None:
            return f"Its slot on pool {pool} was not read in time."
        if each.renewal is None:
            return f"Its slot on pool {pool} was not read: {each.failure or 'it has no renewal.'}"
    raise AssertionError("all of them have read it")
