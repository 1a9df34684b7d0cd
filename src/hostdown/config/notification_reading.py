"""Who is told what happens, from option values to settings."""

from urllib.parse import urlsplit

from hostdown.config.addresses import several
from hostdown.config.metrics_options import SECTION as METRICS
from hostdown.config.notification_options import BUS, RABBIT, SECTION
from hostdown.config.notification_settings import BusOptions, NotificationOptions
from hostdown.config.reading import Reading
from hostdown.config.settings import MetricsOptions

DRIVER = "messagingv2"
TRANSPORT = "rabbit"
"""The one of oslo.messaging's that says whether a message was taken."""


class NotificationReading(Reading):
    """Reads `[notifications]`, what belongs to the message bus, and `[metrics]`."""

    def _metrics(self) -> MetricsOptions:
        host, port = self._text(METRICS, "bind_host"), self._count_or_none(METRICS, "bind_port")
        if port and port == self._count("server", "bind_port"):
            what = f"{port} is the port of [server] already; choose another."
            self.problems.append((f"[{METRICS}] bind_port", what))
        return MetricsOptions(host, port)

    def _notifications(self) -> NotificationOptions:
        given = self._optional(SECTION, "webhooks_file")
        return NotificationOptions(None if given is None else self._base / given, self._bus())

    def _bus(self) -> BusOptions | None:
        driver = self._optional(BUS, "driver")
        if driver != DRIVER:
            if driver not in (None, "noop"):
                what = f"only {DRIVER} keeps what is promised: nothing goes to a message bus."
                self.warnings.append((f"[{BUS}] driver", what))
            return None
        form = self._text(SECTION, "notification_format")
        versioned = self._topics(SECTION, "versioned_notifications_topics")
        unversioned = self._topics(BUS, "topics")
        rabbit = {name: str(value) for (section, name), value in self._values.items()
                  if section == RABBIT}  # fmt: skip
        return BusOptions(
            versioned_topics=() if form == "unversioned" else versioned,
            topics=() if form == "versioned" else unversioned,
            on_state_change=self._optional(SECTION, "notify_on_state_change"),
            transport_url=self._transport_url(),
            exchange=self._text("DEFAULT", "control_exchange"),
            rabbit=rabbit,
        )

    def _topics(self, section: str, name: str) -> tuple[str, ...]:
        found = several(self._text(section, name))
        if not found:
            self.problems.append((f"[{section}] {name}", "names no topic."))
        return found

    def _transport_url(self) -> str:
        """No sentence repeats any of it: it holds a password."""
        url = self._optional(BUS, "transport_url") or self._optional("DEFAULT", "transport_url")
        if url is None:
            what = f"is needed for driver = {DRIVER}: rabbit://user:password@host:5672/"
            self.problems.append((f"[{BUS}] transport_url", what))
        elif not _is_broker(url):
            what = (
                "must begin with rabbit:// and name a host: only RabbitMQ says what it has taken."
            )
            self.problems.append((f"[{BUS}] transport_url", what))
        return url or ""


def _is_broker(url: str) -> bool:
    try:
        pieces = urlsplit(url)
    except ValueError:  # an address in brackets that is none
        return False
    return pieces.scheme == TRANSPORT and bool(pieces.netloc)
