"""What is put on a message bus of what happened, as Nova would put it there (contract 7)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.deliveries import Event

UNASKED = "-"
"""The request id of what no request brought about: a host said it, say."""


class Notification(NamedTuple):
    """One. `publisher_id` names the service of Nova's whose it would be, and a host."""

    event_type: str
    priority: str
    publisher_id: str
    payload: Mapping[str, object]


class OnStateChange(StrEnum):
    """Nova's `notify_on_state_change`: which changes of states are told as an update."""

    NONE = "none"
    VM_STATE = "vm_state"
    VM_AND_TASK_STATE = "vm_and_task_state"


def envelope(told: Notification, message_id: str, at: datetime) -> dict[str, object]:
    """What a listener gets: the message that oslo.messaging's notifiers make (contract 7.1)."""
    return {
        "message_id": message_id,
        "publisher_id": told.publisher_id,
        "event_type": told.event_type,
        "priority": told.priority,
        "payload": told.payload,
        "timestamp": f"{at:%Y-%m-%d %H:%M:%S.%f}",
    }


def part(facts: Mapping[str, object], name: str) -> Mapping[str, object]:
    """What is below a name; nothing if there is nothing, as in an event of an older version."""
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def is_update(event: Event, on: OnStateChange) -> bool:
    """Whether a change of a server is told as an update, beside its own name (contract 7.3).

    A new name always is. Nova tells of no others unless it is asked to; then also of those that
    change neither name nor state.
    """
    change = part(event.payload, "state_update")
    if not change:
        return False
    if event.payload.get("old_display_name") is not None:
        return True
    if on is OnStateChange.NONE:
        return False
    if change.get("old_state") != change.get("state"):
        return True
    new_task = change.get("old_task_state") != change.get("new_task_state")
    return on is OnStateChange.VM_AND_TASK_STATE or not new_task


def saver(event: Event, own_host: str) -> str:
    """The host whose process wrote a server's change down: ours for what somebody asked for, the
    server's where it is that host's word."""
    host = event.payload.get("host")
    return host if isinstance(host, str) and event.request_id == UNASKED else own_host
