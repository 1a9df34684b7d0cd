"""Operators' webhooks: who is told of what."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import orjson

from hostdown.domain.deliveries import Channel, Delivery, Event
from hostdown.domain.derived_ids import derived_id
from hostdown.domain.webhooks import Wanted, cloud_event
from hostdown.services.directory_ports import DirectoryRows


class Webhooks(Protocol):
    """What operators configured."""

    def wanted(self) -> Mapping[str, Wanted]:
        """What each webhook wants, by its name."""
        ...


class WebhookRoute:
    """`services.routes.Route`. A lane is a host, or what of the directory was changed."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def deliveries(
        self, _rows: DirectoryRows, events: Sequence[Event], now: datetime
    ) -> list[Delivery]:
        wanted = self._webhooks.wanted()
        return [
            _delivery(name, event, now)
            for event in events
            for name, wants in wanted.items()
            if wants.fits(event)
        ]


def _delivery(name: str, event: Event, now: datetime) -> Delivery:
    return Delivery(
        number=0,
        id=derived_id(f"{event.id} {Channel.WEBHOOK} {name}"),
        channel=Channel.WEBHOOK,
        receiver=name,
        lane=event.subject,
        batch=event.number,
        target="",
        body=orjson.dumps(cloud_event(event)),
        created_at=now,
        event=event.id,
    )
