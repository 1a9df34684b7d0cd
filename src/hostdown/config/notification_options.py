"""Section [notifications]: who is told what happens. Nova has it as well; the rest is its own."""

from hostdown.config.option import Option, text

SECTION = "notifications"

NOTIFICATIONS: tuple[Option, ...] = (
    Option(
        SECTION,
        "webhooks_file",
        text(),
        None,
        "YAML file that says which webhooks are told of what: /etc/hostdown/webhooks.yaml, say. "
        "Only the server reads it, anew whenever it changes.",
        "none: no operator's webhook",
    ),
)
