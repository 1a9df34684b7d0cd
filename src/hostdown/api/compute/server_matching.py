"""From the filters of a servers list to what databases and we compare (contract 3.6).

Columns are compared by the database. Regular expressions are ours: one engine, whose time grows
with the text alone, instead of three databases' own (`domain.patterns`).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from hostdown.api.compute.call import Call
from hostdown.api.compute.server_values import zone_of
from hostdown.api.compute.types import moment, word_truth
from hostdown.domain.instance import Instance
from hostdown.domain.model import Flavor
from hostdown.domain.patterns import containing
from hostdown.domain.server_actions import ADMIN, OWNER
from hostdown.domain.server_status import DELETED, states
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.instance_ports import InstanceQuery

Test = Callable[[Instance], bool]
Filters = Mapping[str, list[str]]
"""The filters that count for a caller, each with all its values."""

EXACT: Mapping[str, str] = {
    "host": "host",
    "user_id": "user_id",
    "image": "image_id",
    "image_ref": "image_id",
    "uuid": "uuid",
    "vm_state": "vm_state",
    "task_state": "task_state",
}
"""Filters that a column equals, with several values one of them."""


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(" ", "seconds")


TEXTS: Mapping[str, Callable[[Instance], str | None]] = {
    "access_ip_v4": lambda instance: instance.extras.access_ip_v4,
    "access_ip_v6": lambda instance: instance.extras.access_ip_v6,
    "auto_disk_config": lambda instance: "01"[instance.extras.disk_config == "AUTO"],
    "config_drive": lambda instance: "True" if instance.extras.config_drive else "",
    "created_at": lambda instance: _time(instance.created_at),
    "description": lambda instance: instance.description,
    "display_description": lambda instance: instance.description,
    "display_name": lambda instance: instance.name,
    "hostname": lambda instance: instance.hostname,
    # Nothing has an address that we know.
    "ip": lambda _: None,
    "ip6": lambda _: None,
    "kernel_id": lambda _: "",
    "key_name": lambda instance: instance.extras.key_name,
    "launch_index": lambda instance: str(instance.extras.launch_index),
    "launched_at": lambda instance: _time(instance.launched_at),
    "locked_by": lambda instance: instance.locked_by,
    "name": lambda instance: instance.name,
    "node": lambda instance: instance.node,
    "power_state": lambda instance: str(instance.power_state),
    "progress": lambda _: "0",
    "ramdisk_id": lambda _: "",
    "reservation_id": lambda instance: instance.extras.reservation_id,
    "root_device_name": lambda instance: instance.extras.root_device_name,
    "terminated_at": lambda instance: _time(instance.terminated_at),
}
"""Filters that are searched for in a text; what is empty matches nothing."""

ZONE = "availability_zone"
TAGGED = ("tags", "tags-any")
"""Filters for what no server has."""


class Matching(NamedTuple):
    """What a server must be: for the database, and for us. `project_id` is None for all."""

    query: InstanceQuery
    keep: Test | None
    project_id: str | None


def matching(call: Call, filters: Filters, all_tenants: bool) -> Matching | None:
    """What the filters mean; None where nothing can match. They have been checked before."""
    equal: dict[str, list[object]] = {
        EXACT[name]: list(values) for name, values in filters.items() if name in EXACT
    }
    project_id = _project(call, filters, all_tenants)
    if project_id is not None:
        equal["project_id"] = [project_id]
    elif not all_tenants:
        equal["user_id"] = [call.caller.user_id]
    if "status" in filters:
        found = states(filters["status"])
        if not found.vm_states:
            return None
        equal["vm_state"] = list(found.vm_states)
        if found.task_states is not None:
            equal["task_state"] = list(found.task_states)
    if "locked" in filters:
        equal["locked_by"] = [OWNER, ADMIN] if word_truth(filters["locked"][-1]) else [None]
    if any(name in filters for name in TAGGED):
        return None
    tests = list(_tests(call, filters))
    query = InstanceQuery(
        _deleted(filters, equal.get("vm_state")),
        [*equal.items()],
        _moment(filters, "changes-since"),
        _moment(filters, "changes-before"),
    )
    return Matching(query, _all_of(tests), None if all_tenants else project_id)


def _project(call: Call, filters: Filters, all_tenants: bool) -> str | None:
    """Of whoever asks, unless all projects are asked for, of which one may be chosen."""
    if not all_tenants:
        return call.caller.project_id
    chosen = filters.get("project_id") or filters.get("tenant_id")
    return chosen[-1] if chosen else None


def _deleted(filters: Filters, vm_states: list[object] | None) -> bool | None:
    """Deleted ones too where changes are asked for."""
    if vm_states == [DELETED.lower()]:
        return True
    if "deleted" in filters:
        return word_truth(filters["deleted"][-1]) or False
    changes = "changes-since" in filters or "changes-before" in filters
    return None if changes else False


def _moment(filters: Filters, name: str) -> datetime | None:
    return moment(filters[name][-1]) if name in filters else None


def _tests(call: Call, filters: Filters) -> Iterator[Test]:
    for name, values in filters.items():
        if name in TEXTS:
            yield partial(_contains, TEXTS[name], containing(values[-1]))
        elif name == ZONE:
            zones = call.parts.zones.current()
            text = partial(zone_of, zones=zones)
            yield partial(_contains, text, containing(values[-1]))
        elif name == "flavor":
            yield _of_flavors(call, values)


def _contains(
    text: Callable[[Instance], str | None], search: Callable[[str], bool], instance: Instance
) -> bool:
    found = text(instance)
    return found is not None and search(found)


def _of_flavors(call: Call, flavorids: list[str]) -> Test:
    """By the ids that people see; a flavor that is not there any more has no servers."""

    def work(rows: DirectoryRows) -> list[Flavor | None]:
        return [rows.flavors.get(each) for each in flavorids]

    found = call.parts.directory.read(work)
    numbers = {flavor.id for flavor in found if flavor is not None}
    return lambda instance: instance.flavor.id in numbers


def _all_of(tests: list[Test]) -> Test | None:
    if len(tests) < 2:
        return tests[0] if tests else None
    return lambda instance: all(test(instance) for test in tests)
