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


# Looking a member up costs as much as the comparison it stands for; lists ask thousands of times.
_UP, _DOWN = State.UP, State.DOWN


class LivenessPolicy(NamedTuple):
    """How long a report counts as life, and how far ahead a time stamp may be."""

    down_after: timedelta
    skew_max: timedelta


class Window(NamedTuple):
    """The times at which a last report still counts as life, both ends included."""

    earliest: datetime
    latest: datetime


def window(now: datetime, policy: LivenessPolicy) -> Window:
    """The window at `now`; made once for a list of thousands."""
    return Window(now - policy.down_after, now + policy.skew_max)


def state_in(service: Service, life: Window) -> State:
    """Up or down by a window made before.

    `forced_down` comes first: whoever set it knows more than our clocks do.
    """
    if service.forced_down:
        return _DOWN
    seen = service.last_seen_up
    return _UP if seen is not None and life.earliest <= seen <= life.latest else _DOWN


def is_unreachable(service: Service) -> bool:
    """Whether most observers find its host silent, and it has not reported since (DESIGN §9).

    `state` keeps the meaning that is documented; this goes early, and is told as `host_status`.
    """
    seen, silent = service.last_seen_up, service.unreachable_at
    return silent is not None and (seen is None or seen <= silent)


def is_heard(service: Service, life: Window) -> bool:
    """Whether its host counts as heard; one that is forced down does not."""
    return not is_unreachable(service) and state_in(service, life) is State.UP


def is_silent(service: Service, life: Window) -> bool:
    """Whether nothing is heard of its host: no pulses, and no report since, or none that is life.

    A host whose pulses were lost for long while its reports arrived may die as any other.
    """
    if is_unreachable(service):
        return True
    return service.unreachable_at is not None and state_in(service, life) is State.DOWN


def is_silent_to_owners(service: Service, life: Window) -> bool:
    """Whether owners of servers on its host see that nobody hears of it, or would if nobody had
    forced it down: also where no observer ever heard its pulses.

    One that is about to report for the first time has no servers, and is not told of.
    """
    if is_unreachable(service):
        return True
    if service.last_seen_up is None:
        return False
    return state_in(service._replace(forced_down=False), life) is State.DOWN


def state(service: Service, now: datetime, policy: LivenessPolicy) -> State:
    """Up or down at `now`; exactly `down_after` old is still up."""
    return state_in(service, window(now, policy))
