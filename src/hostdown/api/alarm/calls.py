"""What a handler of the Alarming API gets."""

from typing import NamedTuple

from hostdown.api.ports import Authenticator, Policy
from hostdown.api.request import read_body
from hostdown.api.rights import IS_ADMIN
from hostdown.api.tabled import TabledCall
from hostdown.domain.alarms import Alarm
from hostdown.services import alarms
from hostdown.services.alarm_actions import MayReach
from hostdown.services.alarms import Asker, Limits
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Clock

PREFIX = "telemetry:"
"""Begins the name of every rule of this API."""
BODY_BYTES_MAX = 65_536
"""Of any request: an alarm with as many URLs as it may have, of some length."""


class AlarmParts(NamedTuple):
    """What the Alarming API works with. `link_prefix` as in `ApiSettings`; `may_reach` says whether
    somebody's alarm may call an address."""

    directory: Directory
    clock: Clock
    authenticator: Authenticator
    policy: Policy
    limits: Limits
    may_reach: MayReach
    link_prefix: str | None = None


class Call(TabledCall[AlarmParts]):
    """A request to the Alarming API."""

    __slots__ = ()

    @property
    def asker(self) -> Asker:
        """The caller, as alarms see it."""
        return Asker(self.caller.user_id, self.caller.project_id, self.may(IS_ADMIN))

    def alarm(self, rule: str) -> Alarm:
        """The alarm in the path, of which the caller may do this.

        Whoever does not see it learns nothing of it. Raises AlarmNotFound, AlarmNotInProject,
        PolicyForbids.
        """
        found = alarms.find(self.parts.directory, self.asker, self.names["id"])
        self.require(rule, {"project_id": found.project_id, "user_id": found.user_id})
        return found

    def body(self) -> bytes:
        """Raises BodyTooLarge, BodyMalformed."""
        return read_body(self.environ, BODY_BYTES_MAX)
