"""A RabbitMQ that takes notifications, by oslo.messaging.

oslo.messaging's own notifiers cannot be used. They log what goes wrong and go on, so that what
happens while the broker is away is lost; and they give a message another id each time, so that
nobody can tell a repetition. What is below them does all else that they do, and is used here: it
says what went wrong, and that a message was taken only once the broker has confirmed it.
"""

import contextlib
import logging
import re
import warnings
from collections.abc import Iterable, Mapping

from oslo_config import cfg

from hostdown.domain.notification_errors import BusUnusable
from hostdown.drivers.bus_sender import NotTaken

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports eventlet, which nobody here uses and which says so
    import oslo_messaging
    from oslo_messaging._drivers.impl_rabbit import Connection
    from oslo_messaging.opts import list_opts

LOG = logging.getLogger(__name__)

RABBIT = "oslo_messaging_rabbit"
SEND_S = 10.0
"""For each thing that a broker is to answer."""
NO_HEARTBEATS = {"heartbeat_timeout_threshold": "0"}
"""Each answer has its time, so that nobody has to watch over a connection that is not used. The
thread that would do so holds the connection while it waits for a broker that is away."""


_TOO_LARGE = re.compile(r"message size \d+ is larger than")
"""What RabbitMQ says of a message that it will never take."""


class _Bounded(Connection):  # type: ignore[misc] # it comes without types
    """Never waits for longer than SEND_S, and uses no connection again on which something failed.

    A broker that has no memory left, or is stopped, keeps its connections and is silent.
    """

    def set_transport_socket_timeout(self, timeout: float | None = None) -> None:
        super().set_transport_socket_timeout(SEND_S if timeout is None else timeout)

    def ensure(self, *args: object, **kwargs: object) -> object:
        try:
            return super().ensure(*args, **kwargs)
        except BaseException:
            with contextlib.suppress(Exception):
                self.connection.collect()
            raise


class Bus:
    """`rabbit`: options of [oslo_messaging_rabbit], as texts. Raises BusUnusable. Used by one
    thread."""

    def __init__(self, url: str, exchange: str, rabbit: Mapping[str, str]) -> None:
        if not LOG.isEnabledFor(logging.DEBUG):
            # Each attempt would be told anew, and more than once; the sender tells it once.
            logging.getLogger("oslo.messaging").setLevel(logging.CRITICAL)
        self._exchange = exchange
        parsed = _parsed(url)
        parsed.query = {**_checked(rabbit), **parsed.query, **NO_HEARTBEATS}
        self._secrets = [each.password for each in parsed.hosts if each.password]
        self._others = len(parsed.hosts) - 1
        self.place = ", ".join(f"{each.hostname}:{each.port or 5672}" for each in parsed.hosts)
        try:
            self._transport = oslo_messaging.get_notification_transport(cfg.CONF, parsed)
            self._transport._driver._connection_pool.connection_cls = _Bounded
        except Exception as error:  # noqa: BLE001 - a driver of theirs may raise anything
            raise BusUnusable(reason=said(error, self._secrets)) from None

    def publish(self, topic: str, message: Mapping[str, object]) -> None:
        """Returns once the broker has it; raises NotTaken, and then it may have it all the same."""
        target = oslo_messaging.Target(topic=topic, exchange=self._exchange)
        # Each of several brokers is tried once, and none of them again: whoever asks does that.
        send = self._transport._send_notification
        try:
            send(target, {}, dict(message), version=2.0, retry=self._others)
        except Exception as error:  # noqa: BLE001 - whatever it is, the broker may not have it
            reason = said(error, self._secrets)
            raise NotTaken(reason, retry=_TOO_LARGE.search(reason) is None) from None

    def close(self) -> None:
        """Ends the connection."""
        with contextlib.suppress(Exception):
            self._transport.cleanup()


def said(error: BaseException, secrets: Iterable[str]) -> str:
    """What an error says, in one line, without the secrets; of one that says no more than that
    somebody gave up, what was before it."""
    if isinstance(error, oslo_messaging.MessageDeliveryFailure):
        error = error.__context__ or error
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _parsed(url: str) -> "oslo_messaging.TransportURL":
    """What is wrong with a URL is not repeated: its password may be what is wrong."""
    try:
        parsed = oslo_messaging.TransportURL.parse(cfg.CONF, url)
    except Exception:  # noqa: BLE001 - it raises whatever its parts do
        raise BusUnusable(reason="its transport_url is no URL") from None
    if not parsed.hosts or not all(each.hostname for each in parsed.hosts):
        raise BusUnusable(reason="its transport_url names no host")
    return parsed


def _checked(rabbit: Mapping[str, str]) -> dict[str, str]:
    """Those that there are; others may be another version's."""
    known = {opt.dest: opt for group, opts in list_opts() if group == RABBIT for opt in opts}
    checked = {}
    for name, value in rabbit.items():
        option = known.get(name)
        if option is None:
            LOG.warning("[%s] %s is ignored: oslo.messaging has no such option.", RABBIT, name)
            continue
        try:
            option.type(value)
        except ValueError as error:
            raise BusUnusable(reason=f"[{RABBIT}] {name}: {error}") from None
        checked[name] = value
    return checked
