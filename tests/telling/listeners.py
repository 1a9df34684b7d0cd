"""Those who listen on a message bus: one by oslo.messaging, as services of OpenStack do, and one
that knows nothing of it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import kombu
from oslo_config import cfg

from hostdown.drivers.bus import oslo_messaging

STEP_S = 0.1
GONE = (OSError, kombu.exceptions.KombuError, *kombu.Connection("amqp://").connection_errors)
"""What a listener gets whose broker goes."""


class Endpoint:
    """Keeps what an oslo.messaging listener hears, by priority."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Mapping[str, Any]]] = []
        self.info, self.error = partial(self._keep, "INFO"), partial(self._keep, "ERROR")

    def _keep(
        self,
        priority: str,
        _context: object,
        publisher_id: str,
        event_type: str,
        payload: Mapping[str, Any],
        metadata: Mapping[str, Any],
    ) -> None:
        told = {"publisher_id": publisher_id, "event_type": event_type, "payload": payload}
        self.got.append((priority, {**told, **metadata}))


@contextmanager
def oslo_listener(url: str, topic: str) -> Iterator[Endpoint]:
    """One that listens for all that a topic gets."""
    endpoint = Endpoint()
    transport = oslo_messaging.get_notification_transport(cfg.CONF, url)
    target = oslo_messaging.Target(topic=topic, exchange="nova")
    listener = oslo_messaging.get_notification_listener(
        transport, [target], [endpoint], executor="threading"
    )
    listener.start()
    try:
        yield endpoint
    finally:
        listener.stop()
        listener.wait()
        transport.cleanup()


class PlainListener(threading.Thread):
    """Takes messages from a queue as they are, and connects again whenever it has to."""

    def __init__(self, url: str, queue: str, durable: bool) -> None:
        super().__init__(daemon=True)
        self._url = url.replace("rabbit://", "amqp://")
        exchange = kombu.Exchange("nova", "topic", durable=durable)
        self._queue = kombu.Queue(queue, exchange, routing_key=queue, durable=durable)
        self._leaving = threading.Event()
        self.bodies: list[Mapping[str, Any]] = []
        self.messages: list[Mapping[str, Any]] = []

    def run(self) -> None:
        while not self._leaving.is_set():
            try:
                with kombu.Connection(self._url, connect_timeout=1) as connection:
                    self._take(connection)
            except GONE:
                self._leaving.wait(STEP_S)

    def _take(self, connection: kombu.Connection) -> None:
        with connection.Consumer(self._queue, callbacks=[self._keep]):
            while not self._leaving.is_set():
                try:
                    connection.drain_events(timeout=STEP_S)
                except TimeoutError:
                    continue

    def _keep(self, body: Any, message: kombu.Message) -> None:  # noqa: ANN401 - JSON
        self.bodies.append(body)
        self.messages.append(json.loads(body["oslo.message"]))
        message.ack()

    def end(self) -> None:
        """Returns once it is gone."""
        self._leaving.set()
        self.join(10)


@contextmanager
def plain_listener(url: str, queue: str, durable: bool = False) -> Iterator[PlainListener]:
    """One that takes what one queue gets."""
    listener = PlainListener(url, queue, durable)
    listener.start()
    try:
        yield listener
    finally:
        listener.end()
