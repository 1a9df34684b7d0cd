"""Is a service up? The state that the Compute API shows, from evidence, policy and `now`.

Rules: contract 2.4, with two edges of contract 10.1 resolved. Edge 9: only a report is life, the
creation of a row is not. Edge 8: a time stamp from the future is a clock that is wrong somewhere,
not life; it is trusted up to `skew_max` ahead, because two servers' clocks are never equal.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.model import Service


class State(StrEnum):
    """What the API shows as `state`."""

    UP = "up"
    DOWN = "down"


class LivenessPolicy(NamedTuple):
    """How long a report counts as life, and how far ahead a time stamp may be."""

    down_after: timedelta
    skew_max: timedelta


def state(service: Service, now: datetime, policy: LivenessPolicy) -> State:
    """Up or down at `now`; exactly `down_after` old is still up.

    `forced_down` comes first: whoever set it knows more than our clocks do.
    """
    if service.forced_down or service.last_seen_up is None:
        return State.DOWN
    age = now - service.last_seen_up
    return State.UP if -policy.skew_max <= age <= policy.down_after else State.DOWN
