"""What can go wrong where others are told what happens."""

from hostdown.domain.errors import HostdownError


class WebhooksFileUnusable(HostdownError):
    """What an operator wrote about webhooks cannot be meant so; `reason` says where it stands."""

    template = "The webhooks file {path} cannot be used: {reason}."
    code = "webhooks-file-unusable"
