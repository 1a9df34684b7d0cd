"""Doctor's events, as its Monitor sends them to its Inspector (OPNFV Doctor, southbound)."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from hostdown.domain.event_errors import EventKindUnknown, EventMalformed, TooManyEvents
from hostdown.domain.fault_events import FaultKind
from hostdown.services.fault_events import Said

EVENTS_MAX = 1000
"""Of one request."""
DETAILS_BYTES_MAX = 4096
"""Of one event, as JSON."""
TEXT_LENGTH_MAX = 255
"""Characters of a host's name, a source, an id."""

_SOURCES = ("monitor", "source", "monitor_id")
_IDS = ("monitor_event_id", "id")


def read(body: object) -> list[Said]:
    """The events of a request; raises EventMalformed, EventKindUnknown, TooManyEvents."""
    found = body.get("events", [body]) if isinstance(body, dict) else body
    if not isinstance(found, list) or not found:
        raise EventMalformed(
            where="The body", reason="it must be an event, a list of some, or {'events': [...]}"
        )
    if len(found) > EVENTS_MAX:
        raise TooManyEvents(count=len(found), most=EVENTS_MAX)
    return [_event(each, f"Event {number}") for number, each in enumerate(found, 1)]


def _event(found: object, where: str) -> Said:
    if not isinstance(found, dict):
        raise EventMalformed(where=where, reason="it must be an object")
    details = found.get("details")
    if not isinstance(details, dict):
        raise EventMalformed(where=where, reason="'details' must be an object")
    if len(orjson.dumps(details)) > DETAILS_BYTES_MAX:
        reason = f"'details' is larger than {DETAILS_BYTES_MAX} bytes"
        raise EventMalformed(where=where, reason=reason)
    host = _text(details, "hostname", where)
    if not (host and isinstance(details["hostname"], str)):
        raise EventMalformed(where=where, reason="'details' must name a host in 'hostname'")
    both = {**found, **details}
    source = next(filter(None, (_text(both, name, where) for name in _SOURCES)), "doctor")
    event_id = next(filter(None, (_text(both, name, where) for name in _IDS)), "")
    rest = {name: value for name, value in details.items() if name != "hostname"}
    return Said(host, _kind(found, where), source, event_id, _time(found, where), rest)


def _kind(found: Mapping[str, object], where: str) -> FaultKind:
    given = _text(found, "type", where)
    if given not in set(FaultKind):
        known = ", ".join(FaultKind)
        raise EventKindUnknown(where=where, kind=given, known=known)
    return FaultKind(given)


def _text(found: Mapping[str, object], name: str, where: str) -> str:
    """A text, or a number as one; "" where there is none."""
    value = found.get(name)
    if value is None:
        return ""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not (isinstance(text, str) and text.isprintable() and len(text) <= TEXT_LENGTH_MAX):
        reason = f"'{name}' must be printable text of at most {TEXT_LENGTH_MAX} characters"
        raise EventMalformed(where=where, reason=reason)
    return text


def _time(found: Mapping[str, object], where: str) -> str:
    """When the sender says that it happened; Doctor's own gives no zone."""
    given = found.get("time")
    if given is None:
        return ""
    try:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return datetime.fromtimestamp(given, UTC).isoformat()
        return datetime.fromisoformat(str(given)).isoformat()
    except (ValueError, OverflowError, OSError) as error:
        reason = "'time' must be ISO 8601, or seconds since 1970"
        raise EventMalformed(where=where, reason=reason) from error
