"""Who is told what happens: `[notifications]`, and how the message bus is reached.

The names are Nova's, but for `webhooks_file`.
"""

from hostdown.config.option import Option, one_of, text

SECTION = "notifications"
BUS = "oslo_messaging_notifications"
RABBIT = "oslo_messaging_rabbit"
"""A section of which oslo.messaging alone knows the options: they are passed on to it."""

_ON_THE_BUS = f"Only where [{BUS}] driver is messagingv2."

NOTIFICATIONS: tuple[Option, ...] = (
    Option(
        SECTION,
        "webhooks_file",
        text(),
        None,
        "YAML file that says which webhooks are told of what: /etc/hostdown/webhooks.yaml, say. "
        "Only the server reads it, anew whenever it changes; a broken one changes nothing.",
        "none: no operator's webhook",
    ),
    Option(
        SECTION,
        "notification_format",
        one_of("unversioned", "versioned", "both"),
        "unversioned",
        "Which notifications go to the message bus. unversioned: compute.instance.update. "
        f"versioned: Nova's versioned ones, with their payloads and versions. {_ON_THE_BUS}",
    ),
    Option(
        SECTION,
        "versioned_notifications_topics",
        text(),
        "versioned_notifications",
        "Topics of versioned notifications, with commas between them; each gets all.",
    ),
    Option(
        SECTION,
        "notify_on_state_change",
        one_of("vm_state", "vm_and_task_state"),
        None,
        "Which changes of a server's states are also told as instance.update and "
        "compute.instance.update. vm_state: of what it is. vm_and_task_state: also of what goes on "
        "with it.",
        "none: only its names are",
    ),
    Option(
        BUS,
        "driver",
        text(),
        None,
        "messagingv2: notifications go to the message bus. noop, or nothing: they do not.",
        "none: nothing goes to a message bus",
    ),
    Option(
        BUS,
        "topics",
        text(),
        "notifications",
        "Topics of unversioned notifications, with commas between them; each gets all.",
    ),
    Option(
        BUS,
        "transport_url",
        text(),
        None,
        "The RabbitMQ that takes notifications: rabbit://user:password@host:5672/, with commas "
        f"between several. Options of [{RABBIT}] are passed on to oslo.messaging as they are.",
        "[DEFAULT] transport_url",
        secret=True,
    ),
    Option(
        "DEFAULT",
        "transport_url",
        text(),
        None,
        f"The RabbitMQ that takes notifications, where [{BUS}] names none.",
        secret=True,
    ),
    Option(
        "DEFAULT",
        "control_exchange",
        text(),
        "nova",
        "The exchange of RabbitMQ that notifications are sent to.",
    ),
)
