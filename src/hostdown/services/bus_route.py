"""The message bus: which notifications it gets of what happened, and where."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from hostdown.domain.deliveries import Channel, Delivery, Event
from hostdown.domain.derived_ids import derived_id
from hostdown.domain.legacy_notifications import legacy
from hostdown.domain.notifications import Notification, OnStateChange, envelope
from hostdown.domain.server_status import Precedence
from hostdown.domain.versioned import versioned
from hostdown.services.directory_ports import DirectoryRows

RECEIVER = "bus"


class BusForms(NamedTuple):
    """What is sent: nothing in a form without topics. `host` is that of this control plane."""

    versioned_topics: Sequence[str]
    topics: Sequence[str]
    on_state_change: OnStateChange
    host: str
    precedence: Precedence


class BusRoute:
    """`services.routes.Route`, with one receiver. A lane is a host, or what of the directory was
    changed; what one event is told as has one batch, and is sent in its order."""

    def __init__(self, forms: BusForms) -> None:
        self._forms = forms

    def deliveries(
        self, _rows: DirectoryRows, events: Sequence[Event], now: datetime
    ) -> list[Delivery]:
        return [
            _delivery(event, number, topic, told, now)
            for event in events
            for number, (topic, told) in enumerate(self._told(event))
        ]

    def _told(self, event: Event) -> Iterator[tuple[str, Notification]]:
        forms = self._forms
        told = versioned(event, forms.host, forms.on_state_change) if forms.versioned_topics else ()
        yield from ((topic, each) for each in told for topic in forms.versioned_topics)
        if forms.topics:
            old = legacy(event, forms.host, forms.on_state_change, forms.precedence)
            yield from ((topic, each) for each in old for topic in forms.topics)


def _delivery(event: Event, number: int, topic: str, told: Notification, now: datetime) -> Delivery:
    """Its id is the message's: of what is sent again, too."""
    name = f"{event.id} {Channel.BUS} {topic} {told.event_type} {number}"
    message_id = derived_id(name)
    return Delivery(
        number=0,
        id=message_id,
        channel=Channel.BUS,
        receiver=RECEIVER,
        lane=event.subject,
        batch=event.number,
        target=f"{topic}.{told.priority.lower()}",
        body=orjson.dumps(envelope(told, message_id, event.at)),
        created_at=now,
        event=event.id,
    )
