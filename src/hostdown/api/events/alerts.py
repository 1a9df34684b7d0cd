"""Alertmanager's webhook, version 4: which alert says what of which host is configuration."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import orjson

from hostdown.api.events.doctor import DETAILS_BYTES_MAX, EVENTS_MAX, TEXT_LENGTH_MAX
from hostdown.domain.event_errors import EventMalformed, TooManyEvents
from hostdown.domain.fault_events import FaultKind
from hostdown.services.fault_events import Said

STATUSES = ("firing", "resolved")
VERSION = "4"

HostOf = Callable[[str], str | None]
"""The host that a label means, by its name, with a port or without, or by its address."""


class AlertRules(NamedTuple):
    """`[alertmanager]`: the label that names the host, and the kinds of alerts by their names."""

    host_label: str
    kinds: Mapping[str, FaultKind]


class Ignored(NamedTuple):
    """An alert that is not for us; it stops no other."""

    alert: str
    host: str
    reason: str


def read(body: object, rules: AlertRules, host_of: HostOf) -> tuple[list[Said], list[Ignored]]:
    """The alerts of a request; raises EventMalformed, TooManyEvents."""
    if not isinstance(body, dict) or str(body.get("version", VERSION)) != VERSION:
        raise EventMalformed(where="The body", reason="it must be a webhook of version 4")
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        raise EventMalformed(where="The body", reason="'alerts' must be a list")
    if len(alerts) > EVENTS_MAX:
        raise TooManyEvents(count=len(alerts), most=EVENTS_MAX)
    said: list[Said] = []
    ignored: list[Ignored] = []
    for number, alert in enumerate(alerts, 1):
        found = _alert(alert, f"Alert {number}", rules, host_of)
        if isinstance(found, Said):
            said.append(found)
        else:
            ignored.append(found)
    return said, ignored


def _alert(alert: object, where: str, rules: AlertRules, host_of: HostOf) -> Said | Ignored:
    if not isinstance(alert, dict) or alert.get("status") not in STATUSES:
        raise EventMalformed(where=where, reason="'status' must be firing or resolved")
    labels = _texts(alert, "labels", where)
    name, given = labels.get("alertname", ""), labels.get(rules.host_label, "")
    kind = rules.kinds.get(name)
    if kind is None:
        return Ignored(name, given, "[alertmanager] alerts does not name this alert")
    host = host_of(given)
    if host is None:
        reason = f"label '{rules.host_label}' names no host that is known here"
        return Ignored(name, given, reason)
    resolved = alert["status"] == "resolved"
    return Said(
        host=host,
        kind=FaultKind.UP if resolved else kind,
        source=f"alertmanager/{name}"[:TEXT_LENGTH_MAX],
        event_id=_short(alert, "fingerprint"),
        said_at=_short(alert, "endsAt" if resolved else "startsAt", 64),
        details=_details(labels, _texts(alert, "annotations", where)),
    )


def _texts(alert: Mapping[str, object], name: str, where: str) -> dict[str, str]:
    found = alert.get(name, {})
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    raise EventMalformed(where=where, reason=f"'{name}' must be an object of texts")


def _short(alert: Mapping[str, object], name: str, length: int = TEXT_LENGTH_MAX) -> str:
    value = alert.get(name)
    return value[:length] if isinstance(value, str) and value.isprintable() else ""


def _details(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Mapping[str, object]:
    """What fits: the sender cannot do anything about an alert that says too much."""
    for kept in ({**annotations, **labels}, labels):
        if len(orjson.dumps(kept)) <= DETAILS_BYTES_MAX:
            return kept
    return {"alertname": labels.get("alertname", "")[:TEXT_LENGTH_MAX]}
