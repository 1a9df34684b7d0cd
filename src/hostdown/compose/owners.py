"""What owners of servers may see of what happened."""

from collections.abc import Sequence
from functools import cache, partial

from hostdown.api.policy import NovaPolicy
from hostdown.api.ports import PolicyForbids
from hostdown.domain.alarms import OwnerEvent
from hostdown.domain.deliveries import Event
from hostdown.domain.host_words import Sees
from hostdown.domain.model import Caller
from hostdown.domain.owner_events import owner_events
from hostdown.domain.server_status import Precedence

_SHOW = "os_compute_api:servers:show:host_status"
RULES = ((_SHOW, Sees.ALL), (f"{_SHOW}:unknown-only", Sees.UNKNOWN_ONLY))
OWNERS_ROLES = ("member", "reader")
"""Of whoever an owner is: nobody asks, so nobody's token says."""


def sees(policy: NovaPolicy, project_id: str, user_id: str) -> Sees:
    """What the owner of a server may see of its host, by the rules of the Compute API."""
    caller = Caller(user_id, "", project_id, OWNERS_ROLES, "-")
    target = {"project_id": project_id, "user_id": user_id}
    for rule, may in RULES:
        try:
            policy.check(rule, caller, target)
        except PolicyForbids:
            continue
        return may
    return Sees.NOTHING


class Owners:
    """`services.alarm_route.OwnerEvents`."""

    def __init__(self, policy: NovaPolicy, precedence: Precedence) -> None:
        self._sees = partial(sees, policy)
        self._precedence = precedence

    def __call__(self, event: Event) -> Sequence[OwnerEvent]:
        """The policy is asked once for each owner, not for each of a host's servers."""
        return owner_events(event, cache(self._sees), self._precedence)
