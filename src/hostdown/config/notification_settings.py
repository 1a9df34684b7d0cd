"""Settings of those who are told what happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class BusOptions:
    """The message bus. No topics: nothing of that form is sent.

    `on_state_change`: which changes of states are updates, too; None: none. `transport_url` holds a
    password. `rabbit`: what oslo.messaging's own section says, as it stands there.
    """

    versioned_topics: tuple[str, ...]
    topics: tuple[str, ...]
    on_state_change: str | None
    transport_url: str = field(repr=False)
    exchange: str
    rabbit: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class NotificationOptions:
    """`webhooks_file`: which webhooks are told of what; None: none is. `bus` likewise."""

    webhooks_file: Path | None
    bus: BusOptions | None
