"""How many notifications a second one server puts on a RabbitMQ, of one host and of many."""

import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import kombu
import orjson
from tests.domain.happenings import SERVER, changed
from tests.processes.harness import serving, until
from tests.processes.seed import sqlite_file
from tests.telling.brokers import virtual_host

from benchmarks.seed import seed
from hostdown.domain.deliveries import Channel, Delivery
from hostdown.domain.notifications import OnStateChange, envelope
from hostdown.domain.versioned import versioned
from hostdown.drivers.system_clock import SystemClock
from hostdown.storage import open_storage

TOPIC = "versioned_notifications.info"
GIVE_UP_S = 120.0


def rate(number: int, hosts: int) -> float:
    """Messages a second, of so many hosts, each in its order; of all but the first tenth."""
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made, virtual_host() as url:
        place = Path(made)
        (place / "state").mkdir(mode=0o700)
        settings = sqlite_file(place / "state")
        seed(settings.cell_url, 1, 0)
        storage = open_storage(settings)
        now = SystemClock().now()
        waiting = [_delivery(each, f"host{each % hosts}", now) for each in range(number)]
        storage.directory.write(lambda rows: rows.deliveries.add(waiting))
        storage.close()
        bus = {"driver": "messagingv2", "transport_url": url}
        sections: dict[str, dict[str, object]] = {
            "api": {"auth_strategy": "noauth2"},
            "oslo_messaging_notifications": dict(bus),
            "notifications": {"notification_format": "versioned"},
        }
        with (
            serving(place, **sections),
            kombu.Connection(url.replace("rabbit", "amqp", 1)) as broker,
        ):
            until(lambda: _has(broker, number // 10), GIVE_UP_S)
            first, begun = _count(broker), perf_counter()
            until(partial(_has, broker, number), GIVE_UP_S)
            return (number - first) / (perf_counter() - begun)


def _delivery(number: int, host: str, now: datetime) -> Delivery:
    event = changed(SERVER, SERVER._replace(host=host, task_state="powering-off"), by_host=False)
    told, message_id = versioned(event, "api1", OnStateChange.NONE)[0], str(uuid4())
    body = orjson.dumps(envelope(told, message_id, now))
    return Delivery(0, message_id, Channel.BUS, "bus", host, number, TOPIC, body, now)


def _has(broker: kombu.Connection, wanted: int) -> bool:
    return _count(broker) >= wanted


def _count(broker: kombu.Connection) -> int:
    """What waits in the queue; 0 as long as there is none."""
    with broker.channel() as channel:
        try:
            return int(channel.queue_declare(TOPIC, passive=True).message_count)
        except broker.channel_errors:
            return 0
