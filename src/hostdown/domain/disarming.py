"""Where recovery is switched off for a while: for a host, for a failure domain, or for all.

A host that dies there is found and shown as ever, but nothing is done about it until somebody arms
it again, or the end that was given passes. What was committed before goes on (NEVER-TWICE F2).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.host_fault import in_maintenance
from hostdown.domain.model import Service

LONGEST = timedelta(days=366)
"""Nothing is disarmed for longer, unless it is without an end."""
REASON_LENGTH_MAX = 255
"""Characters."""


class Scope(StrEnum):
    """How much is disarmed."""

    HOST = "host"
    DOMAIN = "domain"
    ALL = "all"


class Where(NamedTuple):
    """`name` is the host's or the domain's; "" for all."""

    scope: Scope
    name: str

    def __str__(self) -> str:
        return "all hosts" if self.scope is Scope.ALL else f"{self.scope} {self.name}"


class Disarming(NamedTuple):
    """Who disarmed what, when, why, and until when (None: until it is armed)."""

    where: Where
    reason: str
    until: datetime | None
    at: datetime
    user: str
    user_id: str
    request_id: str

    def __str__(self) -> str:
        end = "" if self.until is None else f" until {self.until:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.user} disarmed recovery of {self.where}{end}: {self.reason}"

    def ends_before(self, now: datetime) -> bool:
        """Whether it is over by itself."""
        return self.until is not None and self.until <= now


def in_force(known: Iterable[Disarming], now: datetime) -> list[Disarming]:
    """Those that are not over, the narrowest first."""
    order = list(Scope)
    lasting = [each for each in known if not each.ends_before(now)]
    return sorted(lasting, key=lambda each: (order.index(each.where.scope), each.where.name))


def disarmed(known: Iterable[Disarming], host: str, domain: str, now: datetime) -> list[Disarming]:
    """What keeps a host of this failure domain from being recovered, the narrowest first."""
    mine = {Where(Scope.HOST, host), Where(Scope.DOMAIN, domain), Where(Scope.ALL, "")}
    return [each for each in in_force(known, now) if each.where in mine]


class Standing(StrEnum):
    """What would be done about a host if it failed."""

    ARMED = "armed"
    DISARMED = "disarmed"
    SUSPENDED = "suspended"
    """It is in maintenance."""


def standing(service: Service | None, by: Iterable[Disarming]) -> Standing:
    """Of a host, and what disarms it."""
    if service is not None and in_maintenance(service):
        return Standing.SUSPENDED
    return Standing.DISARMED if list(by) else Standing.ARMED
