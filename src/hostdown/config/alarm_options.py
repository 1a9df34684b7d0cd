"""Section [alarms]: what tenants' alarms may call, and how many there may be."""

from hostdown.config.option import Option, count, text
from hostdown.domain.quotas import UNLIMITED

SECTION = "alarms"
MOST = 100_000
"""The largest quota that can be configured: as many alarms as a deployment has."""
DEFAULT = 5_000

ALARMS: tuple[Option, ...] = (
    Option(
        SECTION,
        "allowed_networks",
        text(),
        None,
        "Networks, with commas between them, that alarms may call although they are not public, or "
        "although this machine is in them: 10.20.0.0/16, say.",
        "none: public addresses only, and none of the networks that this machine is in",
    ),
    Option(
        SECTION,
        "project_alarm_quota",
        count(UNLIMITED, MOST),
        DEFAULT,
        f"Alarms of a project that has no quota of its own; {UNLIMITED} for as many as it likes.",
    ),
    Option(
        SECTION,
        "user_alarm_quota",
        count(UNLIMITED, MOST),
        UNLIMITED,
        f"Alarms of a user; {UNLIMITED} for as many as they like.",
    ),
)
