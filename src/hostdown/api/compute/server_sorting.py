"""The order of a list of servers, from `sort_key` and `sort_dir` (contract 3.6)."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

from hostdown.api.compute.call import Call
from hostdown.api.compute.list_errors import (
    SortDirectionsTooMany,
    SortDirectionUnknown,
    SortForAdmins,
)
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.server_values import zone_of
from hostdown.domain.instance import Instance
from hostdown.domain.instance_order import Key, column


def words(text: str) -> list[str]:
    """Names divided by blanks."""
    return text.split()


COLUMNS: Mapping[str, str] = {
    **{
        name: name
        for name in words(
            "created_at host hostname launched_at locked_by node power_state project_id "
            "task_state terminated_at updated_at user_id uuid vm_state"
        )
    },
    "display_description": "description",
    "display_name": "name",
    "image_ref": "image_id",
}
"""Sort keys that are columns of ours."""

VALUES: Mapping[str, Callable[[Instance], Any]] = {
    "access_ip_v4": lambda instance: instance.extras.access_ip_v4,
    "access_ip_v6": lambda instance: instance.extras.access_ip_v6,
    "auto_disk_config": lambda instance: instance.extras.disk_config == "AUTO",
    "config_drive": lambda instance: instance.extras.config_drive,
    "instance_type_id": lambda instance: instance.flavor.id,
    "kernel_id": lambda _: "",
    "key_name": lambda instance: instance.extras.key_name or "",
    "launch_index": lambda instance: instance.extras.launch_index,
    "locked": lambda instance: instance.locked_by is not None,
    "progress": lambda _: 0,
    "ramdisk_id": lambda _: "",
    "root_device_name": lambda instance: instance.extras.root_device_name,
}
"""Sort keys that are none: all servers that match are sorted here."""

ZONE = "availability_zone"
KEYS = sorted({*COLUMNS, *VALUES, ZONE} - {"locked"})
"""All of them; `locked` came later."""

OLD_KEYS = words(
    "architecture cell_name cleaned default_ephemeral_device default_swap_device deleted "
    "deleted_at disable_terminate ephemeral_gb ephemeral_key_uuid id key_data launched_on "
    "memory_mb os_type reservation_id root_gb shutdown_terminate user_data vcpus vm_mode"
)
"""Accepted by old versions, and without any effect."""

LOCKED_SINCE = Version(2, 73)

_ADMIN_KEYS = frozenset({"host", "node"})


def order_of(call: Call) -> list[Key]:
    """By what is asked for, then by age and uuid, so that no two servers are equal.

    Raises SortForAdmins, SortDirectionUnknown, SortDirectionsTooMany.
    """
    pairs = _pairs(call)
    directions = [direction for _, direction in pairs if direction is not None]
    first = directions[0] if directions else "desc"
    asked = [(str(key), direction or first) for key, direction in pairs]
    names = {key for key, _ in asked}
    asked += [(key, first) for key in ("created_at", "id") if key not in names]
    order = list(_keys(call, asked))
    return order if "uuid" in names else [*order, column("uuid", False)]


def _pairs(call: Call) -> list[tuple[str | None, str | None]]:
    keys = call.query.get("sort_key", ["created_at"])
    directions = call.query.get("sort_dir", [])
    if not call.by_admin:
        for key in keys:
            if key in _ADMIN_KEYS:
                raise SortForAdmins(key=key)
    ignored = {*OLD_KEYS} | ({"locked"} if call.version < LOCKED_SINCE else set())
    pairs = [pair for pair in zip_longest(keys, directions) if pair[0] not in ignored]
    if any(direction not in (None, "asc", "desc") for _, direction in pairs):
        raise SortDirectionUnknown
    if any(key is None for key, _ in pairs):
        raise SortDirectionsTooMany
    return pairs


def _keys(call: Call, asked: list[tuple[str, str]]) -> Iterator[Key]:
    for name, direction in asked:
        descending = direction == "desc"
        if name == ZONE:
            yield Key(None, partial(zone_of, zones=call.parts.zones.current()), descending)
        elif name in VALUES:
            yield Key(None, VALUES[name], descending)
        else:
            yield column(COLUMNS.get(name, name), descending)
