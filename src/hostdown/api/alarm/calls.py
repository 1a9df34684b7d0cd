"""What a handler of the Alarming API gets and gives."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hostdown.api.ports import Authenticator, Policy, PolicyForbids
from hostdown.api.request import read_body
from hostdown.domain.alarms import Alarm
from hostdown.domain.model import Caller
from hostdown.services import alarms
from hostdown.services.alarm_actions import MayReach
from hostdown.services.alarms import Asker, Limits
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Clock

IS_ADMIN = "context_is_admin"
"""The rule that says who is an administrator."""
PREFIX = "telemetry:"
"""Begins the name of every rule of this API."""
BODY_BYTES_MAX = 65_536
"""Of any request: an alarm with as many URLs as it may have, of some length."""

OWN: Mapping[str, object] = MappingProxyType({})
"""What a rule is asked about if it is what the caller itself owns."""


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


class Reply(NamedTuple):
    """An answer; `document` is None for one without a body."""

    status: int = 200
    document: object = None
    headers: Mapping[str, str] = MappingProxyType({})


class Call(NamedTuple):
    """A request of somebody who is known, for one operation."""

    parts: AlarmParts
    caller: Caller
    environ: Mapping[str, object]
    query: Mapping[str, list[str]]
    names: Mapping[str, str]

    @property
    def asker(self) -> Asker:
        """The caller, as alarms see it."""
        return Asker(self.caller.user_id, self.caller.project_id, self.may(IS_ADMIN))

    def require(self, rule: str, target: Mapping[str, object] = OWN) -> None:
        """Raises PolicyForbids."""
        self.parts.policy.check(rule, self.caller, target)

    def may(self, rule: str) -> bool:
        """Whether a rule allows it to the caller, of what is its own."""
        try:
            self.require(rule)
        except PolicyForbids:
            return False
        return True

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
