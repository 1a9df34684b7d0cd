"""Nova's versioned notifications of what happened (contract 7): which, whose, and what they hold.

What Nova has no notification of is not told on the bus: hosts, recoveries, people.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from hostdown.domain import instance_events, instance_payloads, nova_objects
from hostdown.domain.deliveries import Event
from hostdown.domain.notifications import (
    UNASKED,
    Notification,
    OnStateChange,
    is_update,
    saver,
)
from hostdown.domain.nova_objects import Facts, nova_object, picked
from hostdown.domain.task_payloads import compute_task


class Source(Enum):
    """Whose a notification is.

    `DELETER`: a server is deleted by its host, or by the API where there is no host to ask.
    """

    API = auto()
    CONDUCTOR = auto()
    COMPUTE = auto()
    SERVICE = auto()
    DELETER = auto()


Payload = Callable[[Facts, bool], dict[str, object]]
"""Makes one of the facts of an event, and of whether something failed."""


class Form(NamedTuple):
    """How events of one type are told."""

    source: Source
    payload: Payload


_SERVICE = (
    "host",
    "binary",
    "topic",
    "report_count",
    "disabled",
    "disabled_reason",
    "availability_zone",
    "last_seen_up",
    "forced_down",
    "version",
    "uuid",
)
_AGGREGATE = ("id", "uuid", "name", "hosts", "metadata")
_GROUP = (
    "uuid",
    "name",
    "project_id",
    "user_id",
    "policies",
    "policy",
    "rules",
    "members",
    "hosts",
)


def _service(facts: Facts, _failed: bool) -> dict[str, object]:
    return nova_object("ServiceStatusPayload", "1.1", picked(facts, _SERVICE))


def _aggregate(facts: Facts, _failed: bool) -> dict[str, object]:
    return nova_object("AggregatePayload", "1.1", picked(facts, _AGGREGATE))


def _group(facts: Facts, _failed: bool) -> dict[str, object]:
    return nova_object("ServerGroupPayload", "1.1", picked(facts, _GROUP))


def _flavor(facts: Facts, _failed: bool) -> dict[str, object]:
    return nova_objects.flavor(facts)


_ACTIONS = (
    "reboot",
    "pause",
    "unpause",
    "suspend",
    "resume",
    "power_off",
    "power_on",
    "shutdown",
    "resize",
    "resize_finish",
    "resize_confirm",
    "resize_revert",
    "live_migration_pre",
    "live_migration_post",
    "live_migration_post_dest",
    "live_migration_rollback",
    "live_migration_rollback_dest",
    "live_migration_abort",
    "live_migration_force_complete",
)
_FAILURES = ("instance.reboot.error", "instance.resize.error")
_ASKED = (instance_events.EVACUATE, "instance.lock", "instance.unlock")
_UNPLACED = (
    "compute_task.build_instances.error",
    "compute_task.rebuild_server.error",
    instance_events.UNMOVED,
)
_ON_AGGREGATES = (
    "create",
    "delete",
    "add_host",
    "remove_host",
    "update_prop",
    "update_metadata",
)


def _steps(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{step}" for name in names for step in ("start", "end"))


def _all(source: Source, payload: Payload, *types: str) -> dict[str, Form]:
    return dict.fromkeys(types, Form(source, payload))


FORMS: dict[str, Form] = {
    **_all(Source.SERVICE, _service, "service.create", "service.update", "service.delete"),
    **_all(
        Source.COMPUTE,
        instance_payloads.action,
        *_steps(*(f"instance.{name}" for name in _ACTIONS)),
        *_FAILURES,
    ),
    **_all(
        Source.COMPUTE,
        instance_payloads.create,
        *_steps("instance.create"),
        "instance.create.error",
    ),
    **_all(
        Source.COMPUTE,
        instance_payloads.rebuild,
        *_steps("instance.rebuild"),
        "instance.rebuild.error",
    ),
    **_all(Source.COMPUTE, instance_payloads.resize_prep, *_steps("instance.resize_prep")),
    **_all(Source.COMPUTE, instance_payloads.exists, "instance.exists"),
    **_all(Source.CONDUCTOR, instance_payloads.rebuild, "instance.rebuild_scheduled"),
    **_all(Source.DELETER, instance_payloads.action, *_steps("instance.delete")),
    **_all(Source.API, instance_payloads.action, *_ASKED),
    **_all(Source.CONDUCTOR, compute_task, *_UNPLACED),
    **_all(Source.API, _aggregate, *_steps(*(f"aggregate.{name}" for name in _ON_AGGREGATES))),
    **_all(
        Source.API,
        _group,
        "server_group.create",
        "server_group.delete",
        "server_group.add_member",
    ),
    **_all(Source.API, _flavor, "flavor.create", "flavor.update", "flavor.delete"),
}
"""By the types of events. An `instance.update` is told by another rule, and beside these."""


def versioned(event: Event, own_host: str, on: OnStateChange) -> list[Notification]:
    """An event's notifications, in Nova's order: that a server's row has changed comes first.

    `own_host` is the host of this control plane's API.
    """
    told = []
    if is_update(event, on):
        payload = instance_payloads.update(event.payload)
        publisher = f"nova-compute:{saver(event, own_host)}"
        told.append(Notification(instance_events.UPDATE, "INFO", publisher, payload))
    form = FORMS.get(event.type)
    if form is not None:
        failed = event.type.endswith(".error")
        payload = form.payload(event.payload, failed)
        priority = "ERROR" if failed else "INFO"
        publisher = _publisher(form.source, event, own_host)
        told.append(Notification(event.type, priority, publisher, payload))
    return told


def _publisher(source: Source, event: Event, own_host: str) -> str:
    host = event.payload.get("host")
    if source is Source.SERVICE:
        return f"{event.payload.get('binary')}:{host}"
    if source is Source.DELETER:
        asked = event.type.endswith(".end") and event.request_id != UNASKED
        source = Source.API if asked or host is None else Source.COMPUTE
    if source is Source.COMPUTE:
        return f"nova-compute:{event.payload.get('told_by') or host or own_host}"
    return f"{'nova-api' if source is Source.API else 'nova-conductor'}:{own_host}"
