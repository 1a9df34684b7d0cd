"""Which operations ask each policy rule, from the route tables."""

from collections.abc import Iterator

from hostdown.api import metrics
from hostdown.api.agent import admin_routes
from hostdown.api.alarm import app as alarm
from hostdown.api.alarm.routes import ROUTES as ALARM_ROUTES
from hostdown.api.compute.routes import ROUTES
from hostdown.api.events import operations as events
from hostdown.api.image import app as image
from hostdown.api.image.routes import ROUTES as IMAGE_ROUTES


def uses() -> dict[str, list[str]]:
    """Operations by rule, as method and path; rules that nothing asks yet are left out."""
    found: dict[str, dict[str, None]] = {}
    for route in ROUTES:
        named = f"{route.method} {route.path}{f' {route.action}' if route.action else ''}"
        for rule in (route.rule, *route.more_rules):
            if rule is not None:
                found.setdefault(rule, {})[named] = None
    for own in admin_routes.ROUTES:
        found.setdefault(own.rule, {})[f"{own.method} {own.path}"] = None
    for method, path in events.ROUTES:
        found.setdefault(events.RULE, {})[f"{method} {path}"] = None
    found.setdefault(metrics.RULE, {})[f"GET {metrics.PATH}"] = None
    for rule, named in _below():
        found.setdefault(rule, {})[named] = None
    return {rule: list(operations) for rule, operations in found.items()}


def _below() -> Iterator[tuple[str, str]]:
    """Of the APIs of images and of alarms."""
    for each in IMAGE_ROUTES:
        for rule in each.rules:
            yield rule, f"{each.method} {image.ImageApi.prefix}{each.path}"
    for one in ALARM_ROUTES:
        for rule in one.rules:
            yield rule, f"{one.method} {alarm.AlarmApi.prefix}{one.path}"
