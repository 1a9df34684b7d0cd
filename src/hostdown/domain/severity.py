"""How bad an event is, for those who choose by that what wakes them."""

from enum import IntEnum
from fnmatch import fnmatchcase


class Severity(IntEnum):
    """In the order in which it gets worse."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2


_RULES = (
    ("host.unreachable", Severity.CRITICAL),
    ("host.forked", Severity.CRITICAL),
    ("host.proof_void", Severity.CRITICAL),
    ("host.fencing_broken", Severity.WARNING),
    ("recovery.held", Severity.CRITICAL),
    ("recovery.void", Severity.CRITICAL),
    ("recovery.*", Severity.WARNING),
    ("*.error", Severity.WARNING),
)
"""The first that matches an event's type; all others are INFO."""


def severity(event_type: str) -> Severity:
    """Of an event of this type."""
    found = (how for pattern, how in _RULES if fnmatchcase(event_type, pattern))
    return next(found, Severity.INFO)
