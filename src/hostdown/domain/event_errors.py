"""What keeps an event from outside from being taken."""

from hostdown.domain.errors import HostdownError


class EventMalformed(HostdownError):
    """It does not say of which host it is, or what, or it has no form that is known."""

    template = "{where}: {reason}. Nothing of the request was taken."
    code = "event-malformed"


class EventKindUnknown(HostdownError):
    """Nobody has said what such an event is worth."""

    template = "{where}: its type '{kind}' is unknown, use one of {known}. Nothing was taken."
    code = "event-kind-unknown"


class TooManyEvents(HostdownError):
    """More than one request may hold."""

    template = "The request holds {count} events, {most} may be: send them in parts."
    code = "too-many-events"
