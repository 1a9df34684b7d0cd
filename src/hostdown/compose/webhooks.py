"""The parts that have to do with operators' webhooks."""

from collections.abc import Callable

from hostdown.config import Settings
from hostdown.domain.deliveries import Channel
from hostdown.domain.derived_ids import derived_id
from hostdown.drivers.http_sender import AT_ONCE_MAX, HttpSender
from hostdown.drivers.system_clock import SystemClock
from hostdown.drivers.webhook_file import WebhookFile
from hostdown.services.deliverer import Deliverer
from hostdown.services.directory_ports import Directory
from hostdown.services.metric_ports import Counts
from hostdown.services.shares import SharedSender


def webhook_file(settings: Settings, counts: Counts) -> WebhookFile | None:
    """What webhooks there are, None if no file says it; raises WebhooksFileUnusable."""
    file = settings.notifications.webhooks_file
    if file is None:
        return None
    # By the file's name: what another one said has nothing to do with it.
    kept = settings.state_path / f"webhooks-{derived_id(str(file))}.yaml"
    clock = SystemClock()
    return WebhookFile(file, kept, lambda: clock.now().timestamp(), counts=counts)


def webhook_deliverer(
    hooks: WebhookFile, directory: Directory, leads: Callable[[], bool], counts: Counts
) -> Deliverer:
    """What calls them; one that answers slowly has no more seats than another."""
    clock = SystemClock()
    sender = HttpSender(hooks.request_of, lambda _: True, clock.monotonic)
    shared = SharedSender(sender, lambda each: each.receiver, AT_ONCE_MAX)
    return Deliverer(directory, Channel.WEBHOOK, shared, leads, clock, counts)
