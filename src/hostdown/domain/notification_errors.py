"""What can go wrong where others are told what happens."""

from hostdown.domain.errors import HostdownError


class WebhooksFileUnusable(HostdownError):
    """What an operator wrote about webhooks cannot be meant so; `reason` says where it stands."""

    template = "The webhooks file {path} cannot be used: {reason}."
    code = "webhooks-file-unusable"


class BusUnusable(HostdownError):
    """What is configured of the message bus cannot be meant so; `reason` holds no password."""

    template = "Notifications cannot be sent to a message bus: {reason}."
    code = "bus-unusable"
